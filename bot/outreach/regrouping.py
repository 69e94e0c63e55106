"""An editor's word on what is one story: two of them made one, or articles taken out into a story of their own."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime
from functools import partial, reduce

from msgspec.structs import replace

from bot.core.errors import UsageError
from bot.core.model import Alert, Article, FanOut, Regrouped, State, Story
from bot.core.ports import Add, Bot, Delete, Put, Swap
from bot.core.update import Change
from bot.newsroom.kept import articles_of, is_own, led_by_us
from bot.outreach import alerts, outbox
from bot.outreach.recall import recall
from bot.outreach.telling import alert_of, audience_of

_STANDING = frozenset({State.SCHEDULED, State.RELEASED})


async def merged(bot: Bot, story: Story, into: Story, *, by: str) -> list[Change]:
    """Return what makes a story part of another, which leads. Raises UsageError where that may not be.

    The alert of the leading one stays, unless only the other's still stands. Copies of the other stay where they are,
    and nobody is told anew. Its words are compared with later articles as before, which then join the leading one.
    """
    if story.id == into.id:
        raise UsageError("merge.same")
    if await led_by_us(bot, story) and not await led_by_us(bot, into):
        raise UsageError("merge.others", line=f"/merge {into.id} {story.id}")
    now, joining = bot.clock.now(), await articles_of(bot, story)
    lead, *further = into.articles
    whole = replace(
        into,
        articles=(lead, *sorted((*further, *story.articles))),
        sources=tuple(dict.fromkeys((*into.sources, *story.sources))),
        updated=max(into.updated, story.updated),
        version=into.version + story.version - 1,
        untold=(*into.untold, *story.untold),
    )
    leading, other = await _standing(bot, into), await _standing(bot, story)
    stays, goes = (leading, other) if leading else (other, None)
    whole = replace(whole, alert=stays.id) if stays else whole
    everything = (*await articles_of(bot, into), *joining)
    sources = [article.source for article in everything if await is_own(bot, article)]
    moved = [replace(article, story=into.id, strand=article.compared) for article in joining]
    return [
        Swap(story, replace(story, into=into.id, articles=())),
        Swap(into, whole),
        *map(Swap, joining, moved),
        *(Put(Regrouped(id=strand, at=now)) for strand in {article.compared for article in joining}),
        *(_one_told(stays, goes, sources, by=by, at=now) if stays else ()),
    ]


async def split(bot: Bot, story: Story, taken: Collection[str], *, by: str) -> tuple[Story, list[Change]]:
    """Return the story that articles taken out of another make, and the changes. Raises UsageError: some must stay.

    The alert stays with the article whose words it has: where that is taken, it is the others that leave. Whoever has
    the alert is not told of the new story by itself; the alert of a story that was merged in goes with its articles.
    """
    articles = await articles_of(bot, story)
    leaving = [article for article in articles if (article.id in taken) != (story.alert in taken)]
    staying = [article for article in articles if article not in leaving]
    if not (leaving and staying):
        raise UsageError("split.whole_story")
    own = {article.id for article in leaving if await is_own(bot, article)}
    leaving.sort(key=lambda article: article.id not in own)
    known = await bot.store.get(Story, leaving[0].id)
    before = known if known and known.into else None
    id = bot.ids.new() if known and not before else leaving[0].id
    told, telling = await _told_apart(bot, story, id, leaving, staying, by=by)
    apart = replace(_made_of(story, leaving), id=id, alert=told.id, into="", version=1)
    moved = [Swap(article, replace(article, story=id, strand="")) for article in leaving]
    moved += [Swap(article, replace(article, strand="")) for article in staying if article.compared == id]
    strands = {id, *(article.compared for article in (*leaving, *staying))}
    return apart, [
        Swap(story, _made_of(story, staying)),
        Swap(before, apart) if before else Add(apart),
        *moved,
        *(Put(Regrouped(id=strand, at=bot.clock.now())) for strand in strands),
        *telling,
    ]


async def _standing(bot: Bot, story: Story) -> Alert | None:
    """Return a story's alert if that goes on: it is not withdrawn, and its receipts are kept."""
    alert = await bot.store.get(Alert, story.alert)
    return alert if alert and alert.state in _STANDING and not alert.archived else None


def _one_told(stays: Alert, goes: Alert | None, sources: Sequence[str], *, by: str, at: datetime) -> Sequence[Change]:
    """Return how one alert goes on for two: silently where it stands, and on to those whom neither had reached."""
    after = alerts.naming(stays, (*stays.current.sources, *sources))
    changes: list[Change] = []
    if goes is not None:
        after = alerts.taking_in(after, goes, by=by, at=at)
        changes.append(Swap(goes, alerts.giving_way(goes, by=by, at=at)))
        changes += () if goes.addressed else (Delete(FanOut, goes.id),)
        if not (goes.addressed or after.held):
            changes.append(Put(outbox.fan_out_job(after, max(at, stays.due or at))))
    return [*changes, *_changed(stays, after, at)]


def _changed(before: Alert, after: Alert, at: datetime) -> Sequence[Change]:
    """Return an alert's change, and what brings its copies in line; an ordered change keeps its time and does that."""
    if before is after:
        return ()
    edited = after.number > before.number and not after.amendment
    return Swap(before, after), *((Put(recall(after, at)),) if edited else ())


def _made_of(story: Story, articles: Sequence[Article]) -> Story:
    """Return a story with only some of its articles left."""
    ids = tuple(article.id for article in articles)
    return replace(
        story,
        headline=articles[0].page.title,
        articles=ids,
        sources=tuple(dict.fromkeys(article.source for article in articles)),
        updated=max(article.received for article in articles),
        untold=tuple(id for id in story.untold if id in ids),
    )


async def _told_apart(
    bot: Bot, story: Story, id: str, leaving: Sequence[Article], staying: Sequence[Article], *, by: str
) -> tuple[Alert, Sequence[Change]]:
    """Return the alert of articles that leave a story, and what becomes of both alerts."""
    now, before = bot.clock.now(), await bot.store.get(Alert, story.alert)
    known = [await bot.store.get(Alert, article.id) for article in leaving]
    told = next((alert for alert in known if alert and alert.released), None)
    changes: list[Change] = []
    if told is not None and told.story != id:
        changes.append(Swap(told, replace(told, story=id)))
    if told is None:
        told = await _alert_apart(bot, id, leaving, bot.ids.new() if known[0] else leaving[0].id, now)
        told = replace(told, parted=(before.id, *before.merged) if before else ())
        changes = [Add(told), Add(outbox.fan_out_job(told, now))]
    if before is not None and before.id != told.id:
        lost = {article.source for article in leaving} - {article.source for article in staying}
        after = alerts.naming(before, [source for source in before.current.sources if source not in lost])
        after = alerts.parting(after, told, by=by, at=now)
        changes += _changed(before, after, now)
    return told, changes


async def _alert_apart(bot: Bot, story: str, articles: Sequence[Article], id: str, now: datetime) -> Alert:
    """Return the alert of a story of its own: it is for whoever follows one of its articles' feeds or topics."""
    own = [await is_own(bot, article) for article in articles]
    first, *others = (audience_of(article, own=ours) for article, ours in zip(articles, own, strict=True))
    alert = alert_of(articles[0], first, story, id=id, at=now)
    sources = dict.fromkeys(article.source for article, ours in zip(articles, own, strict=True) if ours)
    said = replace(alert.current, sources=tuple(sources)[: alerts.MOST_SOURCES] or alert.current.sources)
    return reduce(partial(alerts.widened, at=now), others, replace(alert, revisions=(said,)))
