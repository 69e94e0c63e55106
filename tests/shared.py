"""Where the shared corpora are; tests that need them skip with the reason, or fail where REQUIRE_SHARED is set."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]


def shared(part: str) -> Path:
    """Return a file or folder of the shared material, by its path in there."""
    folder = Path(os.environ.get("DATELINE_SHARED") or ROOT.parent / "shared") / part
    if folder.exists():
        return folder
    reason = f"the shared material has no {part} here; DATELINE_SHARED names its folder"
    if os.environ.get("REQUIRE_SHARED") == "1":
        pytest.fail(reason)
    pytest.skip(reason)
