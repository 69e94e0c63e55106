"""What an editor decides about stories: two of them are one, or an article tells of another event."""

from __future__ import annotations

from collections.abc import Sequence

from bot.commands.finding import of_story, of_this_chat, short_title
from bot.commands.registry import Words, command
from bot.core.errors import NotFound, UsageError
from bot.core.message import Action, Manner, heading, message
from bot.core.model import Alert, Article, Role, Story
from bot.core.ports import Bot
from bot.core.update import Answer, Request
from bot.intake.canonical import as_url
from bot.intake.pages import found
from bot.newsroom.kept import articles_of, story_of
from bot.newsroom.latest import newest_articles
from bot.outreach import regrouping

_OFFERED = 8
"""Stories that /merge offers."""
_LOOKED_AT = 200
"""The newest articles, whose stories it offers."""
_NAMED = 50
"""Articles that /split takes out at once."""


@command("merge", role=Role.EDITOR)
async def merge(bot: Bot, request: Request, story: str, into: Words = "") -> Answer:
    """Make a story part of another one, which leads: its alert stays, and nobody is told anew."""
    joining = await _named(bot, request, story)
    leading = await _by_id(bot, into.strip())
    if leading is None or not await of_story(bot, request, leading):
        return await _offered(bot, request, joining, into)
    articles, say = await articles_of(bot, joining), request.say
    changes = await regrouping.merged(bot, joining, leading, by=request.person)
    undo = " ".join(article.id for article in articles[:_NAMED])
    actions = (
        Action(say("stories.show"), f"/story {leading.id}"),
        Action(say("stories.apart"), f"/split {undo}", Manner.DANGER),
    )
    said = say("merge.done", count=len(articles), headline=joining.headline)
    return Answer(message(heading(leading.headline), said, say("merge.kept"), actions=actions), tuple(changes))


@command("split", role=Role.EDITOR)
async def split(bot: Bot, request: Request, articles: Words) -> Answer:
    """Take articles, by their ids or links, out of a story into one of their own."""
    taken = await _articles(bot, request, articles.split())
    (id,) = {article.story for article in taken}
    before, say = await story_of(bot, id), request.say
    if before is None:
        raise NotFound("split.unknown", named=articles[:80])
    apart, changes = await regrouping.split(bot, before, {article.id for article in taken}, by=request.person)
    told = await bot.store.get(Alert, apart.alert)
    actions = [Action(say("stories.show"), f"/story {apart.id}")]
    actions += [] if told else [Action(say("split.tell"), f"/release {apart.alert}", Manner.GO)]
    actions += [Action(say("split.back"), f"/merge {apart.id} {before.id}", Manner.DANGER)]
    said = say("split.done", count=len(apart.articles), headline=before.headline)
    quiet = () if told else (say("split.quiet"),)
    return Answer(message(heading(apart.headline), said, *quiet, actions=actions), tuple(changes))


async def _offered(bot: Bot, request: Request, joining: Story, words: str) -> Answer:
    """Ask which story is to lead: of those that have the words, or of the latest."""
    candidates: Sequence[Story] = await bot.store.search(Story, words, limit=_LOOKED_AT) if words.strip() else ()
    if not words.strip():
        ids = dict.fromkeys(article.story for article in await newest_articles(bot, limit=_LOOKED_AT))
        candidates = [story for id in ids if id and (story := await bot.store.get(Story, id))]
    others = [each for each in candidates if each.id != joining.id and await of_story(bot, request, each)]
    if not others:
        raise NotFound("story.none" if words else "merge.alone", words=words[:80])
    actions = [Action(short_title(each.headline), f"/merge {joining.id} {each.id}") for each in others[:_OFFERED]]
    return Answer(message(heading(joining.headline), request.say("merge.which"), actions=actions, private=True))


async def _named(bot: Bot, request: Request, id: str) -> Story:
    """Return the story that an editor named by its id, or by its alert's. Raises NotFound."""
    story = await _by_id(bot, id)
    if story is None or not await of_story(bot, request, story):
        raise NotFound("merge.unknown", id=id[:40])
    return story


async def _by_id(bot: Bot, id: str) -> Story | None:
    alert = await bot.store.get(Alert, id) if id else None
    return await story_of(bot, id) or (await story_of(bot, alert.story) if alert else None)


async def _articles(bot: Bot, request: Request, named: Sequence[str]) -> Sequence[Article]:
    """Return the articles by their ids or links, all of one story. Raises NotFound, UsageError."""
    if len(named) > _NAMED:
        raise UsageError("split.many", count=_NAMED)
    taken: list[Article] = []
    for each in named:
        known = await bot.store.get(Article, each)
        at_link = await found(bot, as_url(each)) if "://" in each else ()
        seen = await of_this_chat(bot, request, [article for article in (known, *at_link) if article])
        if not seen:
            raise NotFound("split.unknown", named=each[:80])
        taken += seen
    if len({article.story for article in taken}) > 1:
        raise UsageError("split.of_several")
    return taken
