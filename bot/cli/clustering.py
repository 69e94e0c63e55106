"""`dateline cluster`: say of each article which story it tells, as the articles come in."""

from __future__ import annotations

from collections import deque
from datetime import UTC, datetime, timedelta
from statistics import median_low
from typing import TYPE_CHECKING, Annotated

import orjson
import typer

from bot.cli.reading import Answer, explained
from bot.cli.sources import Item, numbered
from bot.core.errors import BotError, UsageError

if TYPE_CHECKING:
    from bot.newsroom.cluster import Stories

Source = Annotated[str, typer.Argument(metavar="FILE", help="JSON Lines in order of arrival, or - for standard input.")]
Hours = Annotated[float, typer.Option(min=0, max=8760, help="How long after its last article a story takes another.")]

_LATEST = 5
"""So many of the last times tell what time it is: one article with a wrong year does not."""
_UNDATED = datetime(1970, 1, 1, tzinfo=UTC)
"""The time of articles while none has said its own; no article is older."""
_LAST_YEAR = 9000
"""Later than any article, and early enough to reckon with."""


def cluster(source: Source, hours: Hours = 72) -> None:
    """Say of each article which story it tells, in one pass: {id, story} a line."""
    from bot.newsroom.cluster import Stories  # noqa: PLC0415  # keeps --help quick

    river = _River(Stories(timedelta(hours=hours)), timedelta(hours=hours))
    failed = False
    for line, item in numbered(source):
        answer = _answer(river, line, item)
        failed |= "error" in answer
        typer.echo(orjson.dumps(answer))
    if failed:
        raise typer.Exit(1)


class _River:
    """Articles in order of arrival; their own times are the only clock: the same lines have the same answers."""

    def __init__(self, stories: Stories, window: timedelta) -> None:
        self._stories, self._window = stories, window
        self._times: deque[datetime] = deque(maxlen=_LATEST)

    def story(self, line: int, item: Item) -> str:
        """Return the article's story: the id of the article that opened it. Raises UsageError where it is no article.

        Where another story of these days has that id, the number of the line tells them apart.
        """
        id = _name(item.id)
        title, text, language = item.text("title"), item.text("text"), item.text("language")
        if not (title.strip() or text.strip()):
            raise UsageError("error.no_words")
        at = self._time(item.text("published"))
        self._stories.forget(self._now() - self._window)
        story = self._stories.match(title, text, at, language) or (id if id not in self._stories else f"{id}#{line}")
        self._stories.add(story, title, text, at, language)
        return story

    def _time(self, published: str) -> datetime:
        """Return when an article came out, or where nobody says, what time it is in the river."""
        if not published.strip():
            return self._now()
        self._times.append(_moment(published))
        return self._times[-1]

    def _now(self) -> datetime:
        return median_low(self._times) if self._times else _UNDATED


def _answer(river: _River, line: int, item: Item) -> Answer:
    try:
        if item.problem:
            raise item.problem
        return {"id": item.id, "story": river.story(line, item)}
    except BotError as error:
        problem = {"key": error.message_key, "message": explained(error)}
        return {"id": item.id, "line": line, "error": problem}


def _name(id: object) -> str:
    if isinstance(id, bool) or not isinstance(id, str | int) or not str(id).strip():
        raise UsageError("error.field_no_id")
    return str(id)


def _moment(published: str) -> datetime:
    """Read a time in ISO 8601; one without a zone is UTC. Raises UsageError, also for years no article is from."""
    try:
        moment = datetime.fromisoformat(published.strip())
    except ValueError:
        raise UsageError("error.field_no_time", field="published") from None
    if not _UNDATED.year <= moment.year <= _LAST_YEAR:
        raise UsageError("error.field_no_time", field="published")
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)
