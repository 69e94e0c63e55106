"""The tree as it is handed on: its files, its modules and what stands in them."""

from __future__ import annotations

import ast
import subprocess
import tomllib
from functools import cache
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[2]
CODE = ("bot", "adapters", "store")


@cache
def files(*suffixes: str, under: tuple[str, ...] = ("",)) -> tuple[Path, ...]:
    """Return the files that are, or would be, committed, as paths from the root; of all kinds unless suffixes say."""
    command = ["git", "-c", "safe.directory=*", "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    listed = subprocess.run(command, cwd=ROOT, capture_output=True, check=True).stdout.decode().split("\0")
    present = sorted(Path(name) for name in set(listed) if name and (ROOT / name).is_file())
    return tuple(
        path
        for path in present
        if (not suffixes or path.suffix in suffixes)
        and str(path).startswith(tuple(f"{part}/" if part else "" for part in under))
    )


@cache
def text(path: Path) -> str:
    """Return what stands in a file; empty where it is no text."""
    return (ROOT / path).read_bytes().decode("utf-8", "ignore")


@cache
def tree(path: Path) -> ast.Module:
    """Return a module, parsed."""
    return ast.parse(text(path), str(path))


@cache
def project() -> dict[str, Any]:
    """Return pyproject.toml."""
    return tomllib.loads(text(Path("pyproject.toml")))


def modules(*under: str) -> tuple[Path, ...]:
    """Return the Python files in these folders, without empty package files."""
    return tuple(path for path in files(".py", under=under) if text(path).strip())
