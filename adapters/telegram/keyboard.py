"""A message's actions as an inline keyboard."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from bot.core.foreign import harmless
from bot.core.lines import Line, carried
from bot.core.message import Action, Manner

_DATA_BYTES = 64
_BUTTONS = 100
_ROW_BUTTONS, _ROW_LETTERS = 8, 32
"""What a row holds: Telegram's limit, and ours for words that can still be read on a telephone."""
_LABEL = 64
_STYLES = {Manner.GO: "success", Manner.DANGER: "danger"}
"""Colours, of which older servers and apps know nothing and leave them aside."""

Button = dict[str, str]


def keyboard(actions: Sequence[Action]) -> tuple[list[list[Button]], tuple[Line, ...]]:
    """Return the rows of buttons, and the lines to keep for those whose command is too long for a button."""
    carries = [carried(action.line, _DATA_BYTES) for action in actions[:_BUTTONS]]
    buttons = [_button(action, data) for action, (data, _) in zip(actions, carries, strict=False)]
    return list(_rows(buttons)), tuple(line for _, line in carries if line)


def _button(action: Action, data: str) -> Button:
    button = {"text": _label(action.label), "callback_data": data}
    return button | {"style": _STYLES[action.manner]} if action.manner in _STYLES else button


def _label(label: str) -> str:
    words = " ".join(harmless(label).split())
    return (words if len(words) <= _LABEL else words[: _LABEL - 1].rstrip() + "…") or "…"


def _rows(buttons: Iterable[Button]) -> Iterable[list[Button]]:
    """Fill rows in order, as many buttons in each as can be read."""
    row: list[Button] = []
    for button in buttons:
        letters = sum(len(each["text"]) for each in (*row, button))
        if row and (len(row) == _ROW_BUTTONS or letters > _ROW_LETTERS):
            yield row
            row = []
        row.append(button)
    if row:
        yield row
