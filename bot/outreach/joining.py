"""What a further article does to a story that was told: one more source, more people, or something new to tell."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from datetime import datetime, timedelta

from msgspec.structs import replace

from bot.core.model import Alert, Article, Audience, Revision, Severity, State, Story
from bot.core.ports import Add, Bot, Put, Swap
from bot.newsroom.development import development
from bot.newsroom.kept import articles_of, is_own, led_by_us
from bot.outreach import alerts, outbox, recall
from bot.outreach.telling import NEWSROOM, alert_of, audience_of

_TOLD = frozenset({State.SCHEDULED, State.RELEASED})
_TEXTS = 10
"""Articles in which keywords are looked for: who follows one is told what is new of what it found."""


async def told_again(
    bot: Bot, article: Article, story: Story, audience: Audience, *, own: bool
) -> list[Add | Put | Swap]:
    """A known story: those who follow only the newcomer's feed are told too, and nobody is told twice.

    What stands in the chats names one more source of the newsroom's own. Of others it does not: that would show what
    other chats follow, under a name that whoever added the feed has chosen. What is materially new goes under it. A
    story that others' feeds alone tell has an alert for each, in its own words: whoever adds a feed speaks for nobody.
    """
    if not own and not await led_by_us(bot, story):
        return [Swap(story, story.joined(article)), *await _told_of_this_feed(bot, article, story, audience)]
    alert = await bot.store.get(Alert, story.alert)
    if alert is None or alert.archived:
        return [Swap(story, story.joined(article))]
    now, after = bot.clock.now(), alert
    further, told = await _developed(bot, article, story, alert) if own else (story, ())
    changes: list[Add | Put | Swap] = [Swap(story, further.joined(article)), *told]
    if (wider := alerts.widened(alert, audience, at=now)).audience != alert.audience:
        after = wider
        changes.append(Put(outbox.fan_out_job(alert, now)))
    if own and alerts.adds_a_source(alert, article.source):
        after = alerts.joined(after, article.source)
        if not alert.amendment:  # a change that was ordered keeps its time, and then reaches every copy
            changes.append(Put(recall.recall(alert, now)))
    return [*changes, Swap(alert, after)] if after is not alert else changes


async def _told_of_this_feed(bot: Bot, article: Article, story: Story, audience: Audience) -> Sequence[Add]:
    """Return what tells those who follow this feed and have no alert of the story; where it has told it, nothing."""
    known = [alert for alert in await bot.store.find(Alert, {"story": story.id}) if not alert.follows]
    if any(article.feed in alert.audience.feeds for alert in known):
        return ()
    now = bot.clock.now()
    alert = alert_of(article, audience, story.id, id=article.id, at=now)
    alert = replace(alert, parted=tuple(other.id for other in known))
    return Add(alert), Add(outbox.fan_out_job(alert, now))


async def _developed(bot: Bot, article: Article, story: Story, alert: Alert) -> tuple[Story, Sequence[Add]]:
    """Return the story as an article of the newsroom's own leaves it, and the update where that has something new.

    What an editor has told already is not new. What comes too soon after the last update, theirs too, is put aside, so
    that whoever says it later may be the first. While an editor holds or changes the alert, the news is theirs to tell.
    """
    settings, now = bot.settings, bot.clock.now()
    if story.version > settings.story_updates or alert.state is not State.RELEASED:
        return story, ()
    known = [each for each in await articles_of(bot, story) if each.id not in story.untold]
    ours = [each for each in known if await is_own(bot, each)]
    updates = await bot.store.find(Alert, {"follows": alert.id, "state": _TOLD}, newest=True)
    said = ["\n".join((each.current.headline, *each.current.text)) for each in (alert, *updates)]
    sentence = await asyncio.to_thread(development, ours, article, said)  # of a long story it takes a while
    if not sentence:
        return story, ()
    pause = timedelta(minutes=settings.story_update_minutes)
    if alert.waits or any(now - (each.released or now) < pause for each in updates):
        return replace(story, untold=(*story.untold, article.id)), ()
    update = _update(alert, article, sentence, bot.ids.new(), now)
    words = "\n".join(audience_of(each, own=True).text for each in (*ours[:_TEXTS], article))
    update = replace(update, audience=replace(update.audience, text=words))
    after = replace(story, version=story.version + 1, untold=())
    return after, (Add(update), Add(outbox.fan_out_job(update, now)))


def _update(alert: Alert, article: Article, sentence: str, id: str, at: datetime) -> Alert:
    """Return the update in the article's own words, for those of its alert's audience who have the alert."""
    said = Revision(
        headline=article.page.title,
        text=(sentence,) if sentence != article.page.title else (),
        url=article.url,
        sources=(article.source,),
    )
    draft = alerts.updating(alert, id, said, Severity.ROUTINE, by=NEWSROOM, at=at)
    holders = replace(alert.audience, told=(alert.id, *alert.merged))
    return alerts.approved(replace(draft, audience=holders), by=NEWSROOM, at=at)
