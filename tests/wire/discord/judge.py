"""The strict peers for Discord as a second judge: started on free ports where everything they need is there."""

from __future__ import annotations

import asyncio
import importlib.util
import os
import shutil
import socket
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from tests.shared import shared

PATIENCE = 60.0
TOKEN = "MTIz.fake.token"
CHANNEL = "900000000000000020"
PERSON = "900000000000000030"


def needed() -> tuple[Path, str, Path]:
    """Return the peers, node, and the folder with the twin's modules; skip with what is missing, or fail."""
    peers = shared("peers")
    twin, node = Path(os.environ.get("DISCORD_TWIN", "")) / "node_modules", shutil.which("node")
    missing = [
        *(["node"] if node is None else []),
        *(
            ["DISCORD_TWIN naming a folder with the npm package"]
            if not (twin / "discord-digital-twin").exists()
            else []
        ),
        *(["the Python package jsonschema-rs"] if importlib.util.find_spec("jsonschema_rs") is None else []),
    ]
    if missing:
        reason = f"the strict peers need {', '.join(missing)}"
        if os.environ.get("REQUIRE_PEERS") == "1":
            pytest.fail(reason)
        pytest.skip(reason)
    return peers, node or "", twin.resolve()


class Judge:
    """A Discord that holds every request against the published specification."""

    def __init__(self, gate: str, control: str, session: aiohttp.ClientSession) -> None:
        self._gate, self._control, self._session = gate, control, session
        self.url, self.gateway = f"{gate}/api/v10", f"{gate.replace('http', 'ws')}/gateway"

    async def report(self) -> dict[str, Any]:
        return await self._json(self._gate, "GET", "/__gate/report?last=400")

    async def fault(self, kind: str, match: dict[str, str], **how: Any) -> None:
        await self._json(self._gate, "POST", "/__gate/fault", {"kind": kind, "match": match, **how})

    async def limits(self, *, on: bool) -> None:
        await self._json(self._gate, "POST", "/__gate/limits", {"on": on})

    async def disturb(self, how: str, **more: Any) -> None:
        await self._json(self._gate, "POST", "/__gate/gw", {"do": how, **more})

    async def slash(self, name: str, **options: str) -> dict[str, Any]:
        """Give a command and return the message that answers it."""
        before = await self.messages()
        given: list[dict[str, Any]] = [{"name": key, "type": 3, "value": value} for key, value in options.items()]
        first, _, second = name.partition(" ")
        if second:
            given = [{"name": second, "type": 1, "options": given}]
        await self._json(self._control, "POST", "/slash", {"name": first, "options": given})
        return await self._answer(before)

    async def click(self, message: dict[str, Any], label: str) -> dict[str, Any]:
        """Press a button and return the message that answers, or that it changed."""
        before = await self.messages()
        buttons = [button for row in message["components"] for button in row["components"]]
        id = next(button["custom_id"] for button in buttons if button["label"].startswith(label))
        await self._json(self._control, "POST", "/click", {"messageId": message["id"], "customId": id})
        return await self._answer(before)

    async def messages(self) -> dict[str, dict[str, Any]]:
        """Return what stands in the channel, by id."""
        return {message["id"]: message for message in await self._json(self._control, "GET", "/messages")}

    async def _answer(self, before: dict[str, Any]) -> dict[str, Any]:
        async with asyncio.timeout(PATIENCE):
            while True:
                for id, message in (await self.messages()).items():
                    if message["embeds"] and message["embeds"] != before.get(id, {}).get("embeds"):
                        return message
                await asyncio.sleep(0.05)

    async def _json(self, root: str, method: str, path: str, body: Any = None) -> Any:
        async with self._session.request(method, root + path, json=body) as answer:
            assert answer.status == 200, await answer.text()
            return await answer.json(content_type=None)


@asynccontextmanager
async def judged(folder: Path) -> AsyncIterator[Judge]:
    """Run the twin and the gate before it."""
    peers, node, modules = needed()
    folder.mkdir()  # noqa: ASYNC240  # a test has nothing else to do meanwhile
    for name in ("start_twin.mjs", "package.json", "loopback-only.cjs"):
        shutil.copy(peers / name, folder)
    (folder / "node_modules").symlink_to(modules)
    control, gate = free_port(), free_port()
    clean = {name: value for name, value in os.environ.items() if name in {"PATH", "HOME", "LANG", "TMPDIR"}}
    options = {"NODE_OPTIONS": f"--require {folder / 'loopback-only.cjs'}", "CTL": str(control)}
    async with process(folder, clean | options, node, "start_twin.mjs"), aiohttp.ClientSession() as session:
        info = await _ready(session, f"http://127.0.0.1:{control}/info")
        upstream = ["--rest", f"{info['rest']}/v10", "--gw", info["gw"], "--token", TOKEN]
        command = [sys.executable, str(peers / "dcgate.py"), "--port", str(gate), *upstream]
        async with process(folder, clean, *command):
            await _ready(session, f"http://127.0.0.1:{gate}/__gate/report")
            yield Judge(f"http://127.0.0.1:{gate}", f"http://127.0.0.1:{control}", session)


@asynccontextmanager
async def process(folder: Path, environment: dict[str, str], *command: str) -> AsyncIterator[None]:
    """Run a program, and end it."""
    with (folder / "peers.log").open("ab") as log:
        running = await asyncio.create_subprocess_exec(*command, cwd=folder, env=environment, stdout=log, stderr=log)
    try:
        yield
    finally:
        running.kill()
        await running.wait()


async def _ready(session: aiohttp.ClientSession, url: str) -> dict[str, Any]:
    async with asyncio.timeout(PATIENCE):
        while True:
            with suppress(aiohttp.ClientError):
                async with session.get(url) as answer:
                    return await answer.json(content_type=None)
            await asyncio.sleep(0.1)


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
