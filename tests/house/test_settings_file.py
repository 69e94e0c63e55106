"""`.env.example` is what Settings say, word for word."""

from __future__ import annotations

from bot.core.settings import Settings
from tests.house.tree import ROOT

HEAD = """\
# Dateline's settings with their defaults. Copy this file to .env and change what you need there.
# A value that is left empty is the default.
"""


def written(value: object) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, tuple):
        return ",".join(map(str, value))
    return "" if value is None else str(value)


def expected() -> str:
    keys = (
        f"\n# {field.description}\n{name.upper()}={written(field.default)}\n"
        for name, field in Settings.model_fields.items()
    )
    return HEAD + "".join(keys)


def test_every_setting_stands_in_the_example_with_its_default_and_its_reason():
    found = (ROOT / ".env.example").read_text("utf-8")
    assert found == expected(), f".env.example should be:\n{expected()}"


def test_the_example_used_as_it_is_changes_nothing(monkeypatch):
    for name in Settings.model_fields:
        monkeypatch.delenv(name.upper(), raising=False)
        monkeypatch.delenv(name, raising=False)
    assert Settings(_env_file=ROOT / ".env.example") == Settings(_env_file=None)


def test_every_reason_is_one_line_and_a_sentence():
    reasons = [field.description or "" for field in Settings.model_fields.values()]
    assert all(reason.endswith(".") and "\n" not in reason for reason in reasons)
