"""What a parsing child may meet: functions that stand in the place of the real ones, good and bad."""

from __future__ import annotations

import ctypes
import os
import socket
import sys
import time

from bot.core.errors import NoArticle, NotAFeed
from bot.core.model import Page


def echo(body: bytes, *arguments: object) -> Page:
    return Page(title=body.decode(), authors=tuple(map(str, arguments)))


def pid(body: bytes) -> Page:
    return Page(title=str(os.getpid()))


def burn(body: bytes) -> Page:
    """Loop in Python until the processor time is up."""
    while True:
        sum(range(1000))


def burn_in_c(body: bytes) -> Page:
    """Stay in C code, where no Python signal handler would ever run."""
    return Page(title=str(pow(3, 10**9)))


def sleep(body: bytes) -> Page:
    time.sleep(float(body))
    return Page(title="awake")


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
    raise NotAFeed("error.not_a_feed", url="x")


def refuse_article(body: bytes) -> Page:
    raise NoArticle


def fail(body: bytes) -> Page:
    raise ZeroDivisionError("\x1b[31mfailed")


def call_home(body: bytes) -> Page:
    socket.create_connection(("127.0.0.1", int(body)), timeout=1)
    return Page(title="connected")


def environment(body: bytes) -> Page:
    return Page(authors=tuple(sorted(os.environ)), title=" ".join(sys.argv))


def deep(body: bytes) -> Page:
    return Page(title="x" * int(body))
