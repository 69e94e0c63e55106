"""The newsroom's topics: readers follow them, editors make them by rules and see first what a rule would take."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import regex

from bot.commands.registry import Words, command
from bot.core.errors import NotFound, UsageError
from bot.core.folding import topic_of
from bot.core.i18n import locales
from bot.core.message import Action, Block, Manner, code, heading, item, link, message, paragraph
from bot.core.model import Article, Role, Subscriber, Topic
from bot.core.ports import Add, Bot, Swap
from bot.core.update import Answer, Change, Request
from bot.newsroom.latest import newest_articles
from bot.newsroom.rules import Field, Rule, Term, parsed
from bot.newsroom.topics import MOST_TOPICS, Rules, ruled

_LOOKED_AT = 200
"""The last articles, which a rule is tried on and which get a new topic at once."""
_SHOWN = 8
_BUTTONS = 24
"""What every platform shows under one message."""
_FROM_FEEDS = 12
"""Topics of feeds alone that are listed, those with the most articles."""
_LONGEST_NAME = 40
_LONGEST_TITLE = 60
_RESERVED = frozenset({"all", "everything", "alles", "keep", "drop", "set"})
_IN_LANGUAGE = regex.compile(rf"(?:^|\s)({'|'.join(locales())}):\s*")
"""Where a title in one language begins."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Proposal:
    """What an editor typed: the topic as it would be, its rule as it is read, and the topic as it is."""

    topic: Topic
    rule: Rule
    before: Topic | None

    @property
    def line(self) -> str:
        """What to type for it, behind the command."""
        return _line(self.topic)


@command("topics")
async def topics(bot: Bot, request: Request) -> Answer:
    """Show the newsroom's topics, each with a button to follow it; editors see the rules too."""
    own = await bot.store.find(Topic, limit=MOST_TOPICS)
    lately = Counter(topic for article in await newest_articles(bot, limit=_LOOKED_AT) for topic in article.topics)
    named = {topic.id for topic in own}
    others = [topic for topic, _ in lately.most_common() if topic not in named][:_FROM_FEEDS]
    if not (own or others):
        raise NotFound("topics.none_editor" if request.role >= Role.EDITOR else "topics.none")
    chat = await bot.store.get(Subscriber, str(request.chat))
    followed = chat.topics if chat else ()
    say = request.say
    titles = {topic.id: topic.title(say.locale) for topic in own} | {topic: topic for topic in others}
    rules = {topic.id: _line(topic) for topic in own} if request.role >= Role.EDITOR else {}
    rows = [item(title, f" — {say('topics.articles', count=lately[id])}") for id, title in titles.items()]
    rules_shown = [paragraph(code(rule)) for rule in rules.values()]
    actions = [
        Action(say("unsubscribe.button", what=title), f"/unsubscribe {id}", Manner.DANGER)
        if id in followed
        else Action(say("topics.follow", topic=title), f"/subscribe {id}")
        for id, title in titles.items()
    ]
    how = [paragraph(say("topics.how"))] if request.role >= Role.EDITOR else []
    shown = message(heading(say("topics.title")), *rows, *rules_shown, *how, actions=actions[:_BUTTONS], private=True)
    return Answer(shown)


@command("topic set", "topic", role=Role.EDITOR)
async def topic_set(bot: Bot, request: Request, rule: Words = "") -> Answer:
    """Try a topic's rule on the last articles, before it counts; a name alone shows the topic as it is."""
    if not rule:
        return await topics.handler(bot, request)
    if "=" not in rule:
        return await _shown(bot, request, await _known(bot, rule))
    proposal = await _proposed(bot, request, rule)
    articles, taken = await _tried(bot, proposal.topic.id, proposal.rule)
    say = request.say
    blocks = [heading(_titled(request, proposal.topic)), *_read_back(request, proposal.rule)]
    blocks += _caught(request, proposal.rule, taken, len(articles))
    if before := proposal.before:
        had = {article.id for article in articles if before.id in article.ruled}
        now = {article.id for article in taken if before.id not in article.topics or before.id in article.ruled}
        blocks.append(paragraph(say("topic.changes", more=len(now - had), fewer=len(had - now), rule=before.rule)))
    keep = Action(say("topic.keep"), f"/topic keep {proposal.line}", Manner.GO)
    return Answer(message(*blocks, actions=[keep], private=True))


@command("topic keep", role=Role.EDITOR)
async def topic_keep(bot: Bot, request: Request, rule: Words) -> Answer:
    """Make a topic, or change its rule: it counts for all news from now on, and for the last articles."""
    proposal = await _proposed(bot, request, rule)
    topic, before = proposal.topic, proposal.before
    if before is None and len(await bot.store.find(Topic, limit=MOST_TOPICS)) >= MOST_TOPICS:
        raise UsageError("topic.too_many", count=MOST_TOPICS)
    articles, taken = await _tried(bot, topic.id, proposal.rule)
    kept: tuple[Change, ...] = (Swap(before, topic),) if before else (Add(topic), Swap(topic, topic))
    belonging = {article.id for article in taken}
    retagged = _retagged(articles, topic.id, belonging)
    say = request.say
    title = _titled(request, topic)
    said = say("topic.kept", topic=title, count=len(taken), of=len(articles))
    actions = (
        Action(say("topics.follow", topic=title), f"/subscribe {topic.id}"),
        Action(say("topic.latest"), f"/latest {topic.id}"),
        Action(say("topic.drop"), f"/topic drop {topic.id}", Manner.DANGER),
    )
    return Answer(message(said, actions=actions), (*kept, *retagged), replaces=True)


@command("topic drop", role=Role.EDITOR)
async def topic_drop(bot: Bot, request: Request, topic: Words) -> Answer:
    """Drop one of the newsroom's topics, with its rule."""
    known = await _known(bot, topic)
    articles = await bot.store.find(Article, {"topics": known.id}, limit=_LOOKED_AT, newest=True)
    followers = sum((await bot.store.count(Subscriber, {"topics": known.id})).values())
    say = request.say
    said = say("topic.dropped", topic=_titled(request, known))
    left = f" {say('topic.followers_left', count=followers, line=f'/topic keep {known.id} = …')}" if followers else ""
    back = Action(say("topic.back"), f"/topic keep {_line(known)}")
    changes = (Swap(known, None), *_retagged(articles, known.id, frozenset()))
    return Answer(message(f"{said}{left}", actions=[back]), changes, replaces=True)


async def _shown(bot: Bot, request: Request, topic: Topic) -> Answer:
    """Answer with a topic as it is, and the line that changes it."""
    rule = parsed(topic.rule)
    articles, taken = await _tried(bot, topic.id, rule)
    followers = sum((await bot.store.count(Subscriber, {"topics": topic.id})).values())
    say = request.say
    blocks = [heading(_titled(request, topic)), *_read_back(request, rule)]
    blocks += _caught(request, rule, taken, len(articles))
    blocks.append(paragraph(say("topic.followers", count=followers)))
    blocks.append(paragraph(say("topic.change"), " ", code(f"/topic {_line(topic)}")))
    drop = Action(say("topic.drop"), f"/topic drop {topic.id}", Manner.DANGER)
    return Answer(message(*blocks, actions=[drop], private=True))


async def _known(bot: Bot, words: str) -> Topic:
    """Return the newsroom's topic that words name. Raises NotFound."""
    asked = topic_of(words)
    for topic in await bot.store.find(Topic, limit=MOST_TOPICS):
        if asked in {topic.id, *map(topic_of, topic.titles.values())}:
            return topic
    raise NotFound("topic.unknown", topic=words[:_LONGEST_NAME])


async def _proposed(bot: Bot, request: Request, line: str) -> _Proposal:
    """Read `Climate de:Klima = warming, emissions`. Raises UsageError, saying what to write instead."""
    head, equals, rule = line.partition("=")
    first, *others = _IN_LANGUAGE.split(head.strip())
    given = {"": first.strip()} | {at: title.strip() for at, title in zip(others[::2], others[1::2], strict=True)}
    titles = {locale: title for locale, title in given.items() if title}
    id = topic_of(given[""] or next(iter(titles.values()), ""))
    if not equals or not id or len(id) > _LONGEST_NAME or id in _RESERVED:
        raise UsageError("topic.no_name", count=_LONGEST_NAME)
    if any(len(title) > _LONGEST_TITLE for title in titles.values()):
        raise UsageError("topic.long_title", count=_LONGEST_TITLE)
    before = await bot.store.get(Topic, id)
    if before and titles == {"": id}:
        titles = dict(before.titles)  # whoever changes the rule by the topic's name leaves its titles alone
    text = rule.strip()
    topic = Topic(id=id, titles=titles, rule=text, by=request.person, changed=bot.clock.now())
    return _Proposal(topic=topic, rule=parsed(text), before=before)


async def _tried(bot: Bot, topic: str, rule: Rule) -> tuple[Sequence[Article], Sequence[Article]]:
    """Return the last articles, and those of them that a rule takes. That takes a moment, in which others go on."""
    articles = await newest_articles(bot, limit=_LOOKED_AT)
    rules = Rules({topic: rule})
    taken = await asyncio.to_thread(lambda: [article for article in articles if rules.topics_of(article)])
    return articles, taken


def _retagged(articles: Sequence[Article], topic: str, belonging: frozenset[str] | set[str]) -> Iterator[Swap]:
    """Yield the changes that give a topic to the articles that belong to it, and take it from those that do not."""
    for article in articles:
        others = [each for each in article.ruled if each != topic]
        after = ruled(article, (*others, topic) if article.id in belonging else others)
        if after != article:
            yield Swap(article, after)


def _line(topic: Topic) -> str:
    titles = " ".join(f"{locale}:{title}" for locale, title in topic.titles.items() if locale)
    return f"{topic.titles.get('') or topic.id} {titles}".strip() + f" = {topic.rule}"


def _titled(request: Request, topic: Topic) -> str:
    return topic.title(request.say.locale)


def _read_back(request: Request, rule: Rule) -> list[Block]:
    """Say how a rule was understood."""
    say = request.say
    any_of = " · ".join(" + ".join(map(_term, alternative)) for alternative in rule.alternatives)
    rows = [item(say("topic.any", terms=any_of))]
    if rule.barred:
        rows.append(item(say("topic.none_of", terms=" · ".join(map(_term, rule.barred)))))
    return rows


def _term(term: Term) -> str:
    value = f"“{term.value}”" if term.exactly else term.value
    return value if term.field is Field.TEXT else f"{term.field}:{value}"


def _caught(request: Request, rule: Rule, taken: Sequence[Article], of: int) -> list[Block]:
    """Show what a rule takes of the last articles, and why."""
    say, rules = request.say, Rules({"": rule})
    if not taken:
        return [paragraph(say("topic.would_none", count=of))]
    blocks: list[Block] = [paragraph(say("topic.would", count=len(taken), of=of))]
    for article in taken[:_SHOWN]:
        why = ", ".join(map(_term, rules.why("", article)))
        blocks.append(item(link(article.page.title, article.url), f" — {article.source} ({why})"))
    if len(taken) > _SHOWN:
        blocks.append(paragraph(say("topic.would_more", count=len(taken) - _SHOWN)))
    if len(taken) > max(_SHOWN, of // 2):
        blocks.append(paragraph(say("topic.broad")))
    return blocks
