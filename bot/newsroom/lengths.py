"""How much a reader wants to be told: short, normal or long."""

from __future__ import annotations

from enum import StrEnum


class Length(StrEnum):
    """The three forms of a summary."""

    SHORT = "short"
    NORMAL = "normal"
    LONG = "long"


MEASURES = {Length.SHORT: (2, 45), Length.NORMAL: (3, 90), Length.LONG: (7, 220)}
"""Sentences and words at most."""
