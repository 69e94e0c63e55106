"""What words mean that somebody wants to follow or to drop: a topic, a name, a keyword, or a feed's address."""

from __future__ import annotations

from bot.core.errors import UsageError
from bot.core.folding import normalised, topic_of
from bot.core.model import Topic
from bot.core.ports import Bot
from bot.core.update import Request
from bot.intake.canonical import as_url
from bot.newsroom.latest import newest_articles
from bot.newsroom.named import LONGEST_NAME as LONGEST_WORDS
from bot.newsroom.named import key_of
from bot.newsroom.topics import MOST_TOPICS
from bot.outreach.match import LONGEST_KEYWORD

LONGEST_NAME = 64
"""Characters of a topic, name or keyword."""
NAME, WORD = "name", "word"
"""What somebody may put before words to say how they are meant, `name:Paris`."""


def followable(what: str) -> str:
    """Return a keyword's normal form. Raises UsageError where nothing is left of it."""
    name = normalised(what)
    if not name:
        raise UsageError("subscribe.no_word")
    if len(name) > LONGEST_NAME or len(name.split()) > LONGEST_KEYWORD:
        raise UsageError("subscribe.too_long", count=LONGEST_KEYWORD)
    return name


def followable_name(what: str) -> str:
    """Return a name as it is kept. Raises UsageError where it is too long."""
    name = " ".join(what.split())
    if not key_of(name) or len(name) > LONGEST_NAME or len(key_of(name).split()) > LONGEST_WORDS:
        raise UsageError("subscribe.too_long", count=LONGEST_WORDS)
    return name


async def known_topic(bot: Bot, words: str) -> str:
    """Return the topic that words name: one of the newsroom's own, by its name or title, or a feed's; "" for none."""
    topic = topic_of(words)
    for own in await bot.store.find(Topic, limit=MOST_TOPICS):
        if topic and topic in {own.id, *map(topic_of, own.titles.values())}:
            return own.id
    return topic if topic and await newest_articles(bot, topic, limit=1) else ""


async def topic_title(bot: Bot, request: Request, topic: str) -> str:
    """Return what a topic is called in the language of who asks."""
    own = await bot.store.get(Topic, topic)
    return own.title(request.say.locale) if own else topic


def meant(what: str) -> tuple[str, str]:
    """Return what somebody says that words are, in `name:Paris`, `word:ferry` or `"ferry"`, and the words."""
    kind, colon, words = what.partition(":")
    if colon and kind.lower() in {NAME, WORD}:
        return kind.lower(), words.strip()
    bare = what.strip('"“”„«»')
    return (WORD if bare != what else ""), bare


def is_among(names: tuple[str, ...], name: str) -> bool:
    """Tell whether a name is followed already, however it was written."""
    return key_of(name) in map(key_of, names)


def is_address(what: str) -> bool:
    """Tell whether what was typed is the address of a feed or site."""
    return len(what.split()) == 1 and ("://" in what or ("." in what.strip(".") and "/" in what))


def address_of(what: str) -> str:
    """Return an address in its full form; what is none as it is."""
    try:
        return as_url(what)
    except UsageError:
        return what
