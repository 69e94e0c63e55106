"""What a parsing child may meet: functions that stand in the place of the real ones, good and bad."""

from __future__ import annotations

import ctypes
import os
import socket
import subprocess
import sys
import time
from pathlib import Path

from bot.core.errors import NoArticle, NotAFeed
from bot.core.model import Page
from bot.core.ports import ParsedFeed
from bot.intake.feeds import parse

LEAK: list[bytearray] = []


def echo(body: bytes, *arguments: object) -> Page:
    return Page(title=body.decode(), authors=tuple(map(str, arguments)))


def pid(body: bytes) -> Page:
    return Page(title=str(os.getpid()))


def poisoned(body: bytes, *arguments: object) -> ParsedFeed:
    """Die of a feed that says so, and read the others."""
    if b"poison" in body:
        os._exit(1)
    return parse(body, *arguments)


def burn(body: bytes) -> Page:
    """Loop in Python until the processor time is up."""
    while True:
        sum(range(1000))


def burn_in_c(body: bytes) -> Page:
    """Stay in C code, where no Python signal handler would ever run."""
    return Page(title=str(pow(3, 10**9)))


def doze(body: bytes) -> Page:
    time.sleep(float(body))
    return Page()


def awake(body: bytes) -> Page:
    """Take some time, and say who did."""
    time.sleep(float(body))
    return pid(body)


def work(body: bytes) -> Page:
    """Use so many seconds of the processor."""
    end = time.process_time() + float(body)
    while time.process_time() < end:
        sum(range(1000))
    return pid(body)


def keep(body: bytes) -> Page:
    """Leak so many megabytes."""
    LEAK.append(bytearray(int(body) * 2**20))
    return pid(body)


def hog(body: bytes) -> Page:
    hoard = [bytearray(2**20) for _ in range(int(body))]
    return Page(title=str(len(hoard)))


def leave(body: bytes) -> Page:
    os._exit(0)


def crash(body: bytes) -> Page:
    ctypes.string_at(0)
    return Page()


def chatter(body: bytes) -> Page:
    """Print, as a library may."""
    print("some advice")  # noqa: T201  # that is what it is for
    os.write(1, b"more advice")
    return Page(title="said")


def garble(body: bytes) -> Page:
    """Write to every open pipe, as a child that was taken over may."""
    for number in range(3, 20):
        try:
            os.write(number, body)
        except OSError:
            continue
    time.sleep(60)
    return Page()


def refuse(body: bytes) -> Page:
    raise NotAFeed("error.not_a_feed", url="x", count=3)


def refuse_article(body: bytes) -> Page:
    raise NoArticle


def fail(body: bytes) -> Page:
    raise ZeroDivisionError("\x1b[31mfailed")


def call_home(body: bytes) -> Page:
    socket.create_connection(("127.0.0.1", int(body)), timeout=1)
    return Page(title="connected")


def environment(body: bytes) -> Page:
    return Page(authors=tuple(sorted(os.environ)), title=" ".join(sys.argv))


def long(body: bytes) -> Page:
    return Page(title="x" * int(body))


def surrogate(body: bytes) -> Page:
    return Page(title="\ud800")


def run_program(body: bytes) -> Page:
    return Page(title=str(subprocess.run(["true"], check=True)))


def write(body: bytes) -> Page:
    Path(body.decode()).write_bytes(b"here")
    return Page()
