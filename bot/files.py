"""Files that an operator has the bot write: over nothing that stands there unless told so, and whole or not at all."""

from __future__ import annotations

import os
from pathlib import Path

from bot.core.errors import UsageError


def place_for(file: str, *, replace: bool) -> Path:
    """Return where a file goes. Raises UsageError for a place that is taken, by no file or by one that is to stay."""
    path = Path(file)
    if path.is_file() and not replace:
        raise UsageError("file.taken", file=file)
    if os.path.lexists(path) and not path.is_file():
        raise UsageError("file.no_file", file=file)
    return path


def write_whole(path: Path, content: bytes) -> None:
    """Put a file there that only its owner may read: who follows what is nobody else's business. Raises UsageError."""
    fresh = path.with_name(f"{path.name}.new")
    try:
        with os.fdopen(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        fresh.replace(path)
    except OSError as error:
        fresh.unlink(missing_ok=True)
        raise UsageError("error.backup_file", file=str(path), reason=error.strerror or str(error)) from error
