"""Messages a second on the wire, to Telegram and to Discord: ours beside a bare client and the platform's library."""

from __future__ import annotations

import asyncio
import subprocess
import sys
import time
from collections.abc import Awaitable, Callable
from pathlib import Path

from aiohttp import web

from bot.core.message import heading, link, message, paragraph

IN_FLIGHT = 64
ALERT = message(
    heading("FLASH: ", "Fire in the old harbour"),
    paragraph(
        "The quay is closed. Ferries leave from the northern pier until further notice, the harbour master said."
    ),
    paragraph(link("The Paper", "https://paper.example/fire")),
)
Send = Callable[[int], Awaitable[object]]
Run = Callable[[str], Awaitable[float]]


async def serve(app: web.Application) -> None:
    """Serve on a free port, say where, and go on until killed."""
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    sys.stdout.write(f"http://127.0.0.1:{runner.addresses[0][1]}\n")
    sys.stdout.flush()
    await asyncio.Event().wait()


async def rate(send: Send, messages: int) -> float:
    """Send to each chat once, so many at a time, and return messages a second."""
    chats = iter(range(1, messages + 1))

    async def work() -> None:
        for chat in chats:
            await send(chat)

    began = time.perf_counter()
    await asyncio.gather(*(work() for _ in range(IN_FLIGHT)))
    return messages / (time.perf_counter() - began)


def compare(script: str, bare: Run, ours: Run, library: Run, *, bar: float) -> None:
    """Measure the three in one run, with the far side in a process of its own."""
    far_side = subprocess.Popen([sys.executable, script, "serve"], stdout=subprocess.PIPE, text=True)
    try:
        url = far_side.stdout.readline().strip()
        asyncio.run(bare(url))  # both sides are warm
        rates = [asyncio.run(run(url)) for run in (bare, ours, library)]
    finally:
        far_side.kill()
        far_side.wait()
    for name, figure in zip(("bare", "ours", "library"), rates, strict=True):
        print(f"{name:8} {figure:7.0f} messages/s")
    print(f"ours / library {rates[1] / rates[2]:.2f} (bar: {bar:.2f})")
    print(f"ours / bare    {rates[1] / rates[0]:.2f}", flush=True)


def main() -> None:
    """Run the two halves, one after the other, each in a process of its own."""
    for platform in ("telegram", "discord"):
        print(platform, flush=True)
        subprocess.run([sys.executable, Path(__file__).with_name(f"wire_{platform}.py")], check=True)


if __name__ == "__main__":
    main()
