"""Lists of feeds (OPML) that people bring along from another reader, and take along to one."""

from __future__ import annotations

from base64 import b64encode
from collections import Counter
from collections.abc import Sequence
from functools import partial

from bot import outlines
from bot.commands.quota import spend
from bot.commands.registry import command
from bot.core.errors import BotError, TooLarge, Unreachable, UsageError
from bot.core.foreign import harmless
from bot.core.message import Action, File, Message, heading, item, message, paragraph
from bot.core.model import Feed, Subscriber
from bot.core.ports import Bot
from bot.core.update import Answer, Request
from bot.intake.canonical import as_url
from bot.outlines import Values

_LONGEST = 1000
"""Lines that are looked at: a chat follows fewer."""
_SHOWN = 20
"""Lines that are told in the message; all are in the file that then goes along."""


@command("import", filed=True)
async def import_(bot: Bot, request: Request, address: str = "") -> Answer:
    """Follow the feeds of a list that came along, or stands at an address, and say of each line what came of it.

    Each line is kept by itself, as that may take longer than a command holds on to what it has read: taken in once
    more after a crash, it is known already.
    """
    document = await _document(bot, request, address)
    found = await outlines.listed(bot, document=b64encode(document).decode())
    lines = found["outlines"]
    if len(lines) > _LONGEST:
        raise UsageError("import.too_many", count=len(lines), most=_LONGEST)
    find = partial(_found, bot, request, await _sites(bot, request))
    take = partial(outlines.taken_in, bot, chat=str(request.chat), locale=request.say.locale)
    came = [each async for each in outlines.each(lines, find, take)]
    return Answer(_report(request, came, found["broken"]))


@command("export")
async def export(bot: Bot, request: Request) -> Answer:
    """Give out the feeds that this chat follows, as a file that other readers take in."""
    given = await outlines.exported(bot, chat=str(request.chat))
    chat = await bot.store.get(Subscriber, str(request.chat))
    rest = [request.say("export.rest")] if chat and chat.follows > given["feeds"] else []
    file = File("dateline-feeds.opml", given["document"])
    return Answer(message(request.say("export.done", count=given["feeds"]), *rest, private=True, file=file))


async def _document(bot: Bot, request: Request, address: str) -> bytes:
    """Return the list: what stands at the address that was typed, or else what came along. Raises BotError."""
    given = as_url(address) if address else request.update.file
    if not given:
        raise UsageError("import.no_file")
    most = bot.settings.fetch_max_bytes
    try:
        if not given.startswith(("https://", "http://")):
            return await bot.adapters[request.chat.platform].attachment(given, most)
        spend(bot, request, "fetches")
        answer = await bot.door.fetch(given)
    except TooLarge:
        raise UsageError("opml.too_large", limit=most) from None
    if answer.status >= 300:
        raise Unreachable
    return answer.body


async def _sites(bot: Bot, request: Request) -> Values:
    """Return what is known of the sites of the feeds that the chat follows: a list taken in again asks nobody."""
    chat = await bot.store.get(Subscriber, str(request.chat))
    feeds = [await bot.store.get(Feed, url) for url in (chat.feeds if chat else ())]
    return {feed.site: {"url": feed.id, "title": feed.title} for feed in feeds if feed}


async def _found(bot: Bot, request: Request, sites: Values, *, outline: Values) -> Values:
    """Look for the feed of a site, as often as this person and chat may have something fetched."""
    if outline["site"] in sites:
        known: Values = sites[outline["site"]]
        return known
    try:
        spend(bot, request, "fetches")
    except BotError as error:
        return outlines.refused(bot, outline, error, request.say.locale)
    return await outlines.found(bot, outline=outline, locale=request.say.locale)


def _report(request: Request, came: Sequence[tuple[Values, Values]], broken: int) -> Message:
    """Tell each line, or of a long list those that somebody has to look at; then all of it goes along as a file."""
    say = request.say
    if not came:
        raise UsageError("opml.empty")
    counts = Counter(what["outcome"] for _, what in came)
    total = say("opml.total", **{outcome: counts[outcome] for outcome in outlines.OUTCOMES})
    rows = [_row(request, outline, what) for outline, what in came]
    remarkable = [row for row, (_, what) in zip(rows, came, strict=True) if what["outcome"] in {"moved", "refused"}]
    shown = rows if len(rows) <= _SHOWN else remarkable[:_SHOWN]
    torn = [say("opml.broken", line=broken)] if broken else []
    file = None if shown == rows else File("import-report.txt", "\n".join((total, *torn, *rows, "")))
    rest = [paragraph(say("import.rest"))] if file else []
    list_ = Action(say("subscribe.list"), "/list")
    return message(heading(total), *torn, *map(item, shown), *rest, actions=[list_], private=True, file=file)


def _row(request: Request, outline: Values, came: Values) -> str:
    """Return what came of a line: its number, its name, and the reason or the address that it has now."""
    name = outline["title"] or outline["url"] or outline["site"]
    more = came["url"] if came["outcome"] == "moved" else came["text"]
    parts = (
        request.say("opml.line", line=outline["line"]),
        name,
        "–",
        request.say(f"opml.came_{came['outcome']}"),
        more,
    )
    return harmless(" ".join(filter(None, parts)))
