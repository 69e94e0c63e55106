"""The program as a newcomer starts it: its process, what it prints, its end."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import threading
from copy import copy
from pathlib import Path
from queue import Empty, Queue
from typing import Self

from tests.shared import ROOT

SECONDS = 60
"""How long a start or an end may take on a busy machine."""


class Program:
    """`python -m bot run` with a data folder of its own and a free port."""

    def __init__(self, data: Path, **settings: str) -> None:
        clean = {name: value for name, value in os.environ.items() if name in {"PATH", "HOME", "LANG", "TMPDIR"}}
        self._environment = {
            **clean,
            "DATA_DIR": str(data),
            "WEB_PORT": "0",
            "SAMPLE_PORT": "0",
            "SAMPLE_SECONDS": "5",
            "POLL_SECONDS": "2",
            "UNDO_SECONDS": "0",
            **settings,
        }
        self._folder = data.parent
        self.module = "bot"
        """What is run: the bot, or something that ends up in it."""
        self.address = ""
        self.link = ""
        """The one-time sign-in link."""

    def __enter__(self) -> Self:
        self._folder.mkdir(parents=True, exist_ok=True)
        self._start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def give(self, **settings: str) -> None:
        """Change settings; it knows them from its next start on."""
        self._environment |= settings

    def restart(self) -> None:
        """End it and start it again on the same port."""
        self.stop()
        self.give(WEB_PORT=self.address.rpartition(":")[2])
        self._start()

    def _start(self) -> None:
        self.launch()
        self.ready()

    def launch(self) -> None:
        """Start it, and wait for nothing."""
        self.address = self.link = ""
        self.said: list[str] = []
        self._lines: Queue[str] = Queue()
        self._errors = (self._folder / "stderr.log").open("ab")
        self.process = subprocess.Popen(
            [sys.executable, "-m", self.module, "run"],
            cwd=self._folder,
            env=self._environment | {"PYTHONPATH": str(ROOT)},
            stdout=subprocess.PIPE,
            stderr=self._errors,
            text=True,
        )
        self._reader = threading.Thread(target=_read, args=(self.process, self._lines), daemon=True)
        self._reader.start()

    def ready(self) -> None:
        """Wait until it has printed its address and a link."""
        try:
            while not (self.address and self.link):
                self._find_addresses(self.says())
        except (AssertionError, Empty):
            self.stop()
            raise

    def twin(self) -> Self:
        """Return the same program once more, over the same folder and not started."""
        return copy(self)

    def says(self) -> str:
        """Wait for its next line."""
        line = self._lines.get(timeout=SECONDS)
        assert line, f"it ended before it printed what it should:\n{self.log}"
        self.said.append(line.rstrip("\n"))
        return line

    def stop(self) -> None:
        """Ask it to end, as a deployment does, and make sure that it has."""
        self.process.send_signal(signal.SIGTERM)
        try:
            self.process.wait(SECONDS)
        finally:
            self.process.kill()
            self.process.wait()
            self._reader.join(SECONDS)
            self.process.stdout.close()
            self._errors.close()

    @property
    def log(self) -> str:
        return (self._folder / "stderr.log").read_text(errors="replace")

    def _find_addresses(self, line: str) -> None:
        for url in re.findall(r"https?://\S+", line):
            if "/sign-in/" in url:
                self.link = url
            elif not self.address:
                self.address = url.rstrip("/")


def _read(process: subprocess.Popen[str], lines: Queue[str]) -> None:
    """Pass on what it prints, so that waiting for it can end; an empty line is its end."""
    for line in process.stdout:
        lines.put(line)
    lines.put("")
