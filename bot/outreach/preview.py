"""What an alert will look like: exactly what each platform would be sent, for how many chats, and how long it takes."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from bot.core.i18n import Translator, translator
from bot.core.message import Block, Message, code, heading, item, message, paragraph
from bot.core.model import Alert, Audience, Delivery
from bot.core.ports import Bot, Preview
from bot.outreach import outbox
from bot.outreach.compose import alert_message, photo_shown


@dataclass(frozen=True, slots=True, kw_only=True)
class PlatformPreview:
    """An alert as one platform would get it."""

    platform: str
    preview: Preview
    chats: int
    """How many chats of the platform it is for now, or was for once it was released."""
    seconds: float
    """How long they take at the rate the platform allows."""


async def previews(bot: Bot, alert: Alert) -> Sequence[PlatformPreview]:
    """Return an alert as each connected platform would get it, in the newsroom's language."""
    chats = await _told_by_platform(bot, alert) if alert.released else await audience_by_platform(bot, alert.audience)
    shown = alert_message(alert, translator(bot.settings.language), bot.settings.zone)
    return [
        PlatformPreview(
            platform=platform,
            preview=adapter.preview(shown),
            chats=chats.get(platform, 0),
            seconds=chats.get(platform, 0) / adapter.rate if adapter.rate else 0.0,
        )
        for platform, adapter in bot.adapters.items()
    ]


async def _told_by_platform(bot: Bot, alert: Alert) -> Mapping[str, int]:
    """Count the chats that a released alert was for, without going through them."""
    lanes = await bot.store.count(Delivery, {"about": alert.id}, by="lane")
    return {platform: lanes.get(adapter.account, 0) for platform, adapter in bot.adapters.items()}


async def audience_by_platform(bot: Bot, audience: Audience) -> Mapping[str, int]:
    """Count the chats that would be told now, by platform."""
    return Counter([chat.partition(":")[0] async for chat in outbox.addressees(bot, audience)])


def preview_message(alert: Alert, shown: Sequence[PlatformPreview], say: Translator) -> Message:
    """Return the previews in words, each with what would be sent, to the letter."""
    blocks = []
    for each in shown:
        room = say("preview.room", used=each.preview.used, limit=each.preview.used + each.preview.left)
        blocks += [
            heading(each.platform),
            item(room, f" {say('preview.shortened')}" if each.preview.shortened else ""),
            item(say("preview.chats", count=each.chats, seconds=max(1, round(each.seconds)))),
            *_photo_rows(alert, each.preview, say),
            item(say("preview.silent" if alert.severity.silent else "preview.sound")),
            paragraph(code(each.preview.text)),
        ]
    return message(*blocks)


def _photo_rows(alert: Alert, preview: Preview, say: Translator) -> Sequence[Block]:
    """Say whether the photo goes with it, where the alert has one."""
    if not photo_shown(alert):
        return ()
    return (item(say("preview.photo" if preview.photo else "preview.no_photo")),)
