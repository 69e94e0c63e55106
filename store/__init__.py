"""Where everything is kept: opens the store that a URL names, and copies one store into another."""

from __future__ import annotations

from pathlib import Path

from bot.core.errors import UsageError
from bot.core.ports import Store
from store.tinydb import TinyStore


async def open_store(url: str, data_dir: Path) -> Store:
    """Open `tinydb:` in `data_dir`, or `tinydb:FOLDER`. Raises `UsageError` for others, `StoreError` where it can't."""
    scheme, _, folder = url.partition(":")
    if scheme != "tinydb":
        raise UsageError("error.store_scheme", scheme=scheme)
    return await TinyStore.open(Path(folder) if folder else data_dir)


async def copy(source: Store, target: Store) -> int:
    """Replace everything in `target` by what is in `source`, and return how many documents that is."""
    return await target.load(source.dump())
