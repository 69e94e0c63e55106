"""A message as the body of Discord's: one embed with its headline as title, and buttons that carry command lines."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import groupby, pairwise
from typing import Any

from adapters.discord.markdown import GAP, code, escaped, line_starts, shown_address
from bot.core.foreign import harmless
from bot.core.lines import Line, carried
from bot.core.message import Action, Block, Form, Manner, Message, Span, Style, shortened

LONGEST_TITLE = 256
LONGEST_DESCRIPTION = 4096
LONGEST_CONTENT = 2000
_LONGEST_LABEL = 80
_LONGEST_ALT = 1024
_LONGEST_ID = 100
_ROW, _ROWS = 5, 5

NO_MENTIONS = {"parse": ()}
"""Goes with every message and every edit: without it an edit looks for mentions again."""
_SUPPRESS_EMBEDS = 1 << 2

_MARKS = {Style.STRONG: "**", Style.EMPHASIS: "*"}
_MANNERS = {Manner.NEUTRAL: 2, Manner.GO: 3, Manner.DANGER: 4}
_ACTION_ROW, _BUTTON = 1, 2


@dataclass(frozen=True, slots=True)
class Rendered:
    """A body, how long its words are, and the lines that its buttons carry only the ids of."""

    body: dict[str, Any]
    used: int
    left: int
    lines: tuple[Line, ...] = ()


def fits(message: Message) -> bool:
    """Tell whether one embed can hold a message."""
    return _length(_embed(message).get("description", "")) <= LONGEST_DESCRIPTION


def rendered(message: Message) -> Rendered:
    """Return the body of a message that fits."""
    embed = _embed(message)
    buttons, lines = _buttons(message.actions)
    rows = [buttons[at : at + _ROW] for at in range(0, len(buttons), _ROW)]
    body: dict[str, Any] = {
        "embeds": [embed],
        "components": [{"type": _ACTION_ROW, "components": row} for row in rows],
        "allowed_mentions": NO_MENTIONS,
    }
    if message.photo:
        embed["image"] = {"url": f"attachment://{message.photo}"}
        described = harmless(message.headline)[:_LONGEST_ALT]
        body["attachments"] = [{"id": "0", "filename": message.photo, "description": described}]
    elif message.file:
        body["attachments"] = [{"id": "0", "filename": message.file.name}]
    words = _length(embed.get("description", ""))
    return Rendered(body, words + _length(embed.get("title", "")), LONGEST_DESCRIPTION - words, lines)


def plainly(message: Message) -> dict[str, Any]:
    """Return a message's words alone, as far as they go: for where Discord refuses the body that `rendered` gives."""
    short = shortened(message, lambda part: _length(escaped(part.plain)) <= LONGEST_CONTENT)
    words = line_starts(escaped(short.plain)).strip() or GAP
    return {"content": words[:LONGEST_CONTENT], "flags": _SUPPRESS_EMBEDS, "allowed_mentions": NO_MENTIONS}


def choice(words: str) -> str:
    """Return foreign text as the label of a button or of something to choose."""
    label = " ".join(harmless(words).split())
    return (label if len(label) <= _LONGEST_LABEL else f"{label[: _LONGEST_LABEL - 1].rstrip()}…") or "…"


def _length(text: str) -> int:
    """Count as the strictest of Discord's counters does, in UTF-16 units."""
    return len(text.encode("utf-16-le", "surrogatepass")) // 2


def _embed(message: Message) -> dict[str, Any]:
    """Put the headline into the title, and into its address where the message has just one; the rest below."""
    blocks = message.blocks
    title = _title(blocks[0]) if blocks else ""
    address = _only_address(blocks) if title else ""
    words = _description(blocks[1:] if title else blocks, address)
    embed = {"title": title, "url": address, "description": words}
    return {name: value for name, value in embed.items() if value} or {"description": GAP}


def _title(block: Block) -> str:
    """Return a headline as a title; nothing where it is none, or too long for one."""
    words = (
        line_starts(escaped(" ".join(block.words.split()))) if block.form is Form.HEADING and not block.speaker else ""
    )
    return words if _length(words) <= LONGEST_TITLE and words.strip(GAP) else ""


def _only_address(blocks: Iterable[Block]) -> str:
    """Return where a message leads to as a whole; a row of a list leads to something of its own."""
    links = ((shown_address(span.url), block.form is Form.ITEM) for block in blocks for span in block.spans)
    linked = {link for link in links if link[0]}
    address, in_list = next(iter(linked), ("", True))
    return address if len(linked) == 1 and not in_list else ""


def _description(blocks: tuple[Block, ...], titled: str) -> str:
    parts = [_block(blocks[0], titled)] if blocks else []
    for before, block in pairwise(blocks):
        rows = before.form is block.form is Form.ITEM
        parts += ["\n" if rows else "\n\n", _block(block, titled)]
    return "".join(parts).strip()


def _block(block: Block, titled: str) -> str:
    words = line_starts(_spans(block.spans, titled))
    if block.form is Form.HEADING:
        words = _set(words, "**")
    if block.form is Form.ITEM:
        words = f"• {words}"
    quoted = block.form is Form.QUOTATION and bool((words + block.speaker).strip())  # an empty one would show its mark
    if block.speaker:
        gap = "\n" if quoted else " "
        words = f"{words}{gap}— {escaped(block.speaker)}"
    return "\n".join(f"> {line}" for line in words.split("\n")) if quoted else words


def _spans(spans: Iterable[Span], titled: str) -> str:
    """Join spans; those set alike are set together, and marks that touch are kept apart."""
    runs = [_run("".join(span.text for span in run), *how, titled) for how, run in groupby(spans, key=_how)]
    joined = ""
    for run in runs:
        touching = joined[-1:] in {"*", "`"} and run[:1] in {"*", "`"}
        joined += f"{GAP}{run}" if touching else run
    return joined


def _how(span: Span) -> tuple[Style, str]:
    return span.style, span.url


def _run(words: str, style: Style, url: str, titled: str) -> str:
    """Set a run of words; an address stands after them in full, where it leads is for everybody to see."""
    address = shown_address(url)
    if address and words == url:
        return f"{GAP}<{address}>"
    shown = code(words) if style is Style.CODE else _set(escaped(words), _MARKS.get(style, ""))
    seen = shown.rstrip()
    return f"{seen} <{address}>{shown[len(seen) :]}" if seen and address and address != titled else shown


def _set(words: str, mark: str) -> str:
    """Put marks around words, not around the space at their ends."""
    inner = words.strip()
    if not (mark and inner.strip(GAP)):
        return words
    start = words.index(inner)
    return f"{words[:start]}{mark}{inner}{mark}{words[start + len(inner) :]}"


def _buttons(actions: Iterable[Action]) -> tuple[list[dict[str, Any]], tuple[Line, ...]]:
    """Return as many buttons as a message holds, each line once, and the lines to keep."""
    known: dict[str, dict[str, Any]] = {}
    kept: list[Line] = []
    for action in _offered(actions):
        id, line = carried(action.line, _LONGEST_ID if action.line.isprintable() else 0)
        if id not in known and len(known) < _ROW * _ROWS:
            style = _MANNERS[action.manner]
            known[id] = {"type": _BUTTON, "style": style, "label": choice(action.label), "custom_id": id}
            kept += [line] if line else []
    return list(known.values()), tuple(kept)


def _offered(actions: Iterable[Action]) -> Iterator[Action]:
    return (action for action in actions if action.line.strip())
