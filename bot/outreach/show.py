"""Puts the current revision into a chat: posted once, edited where it stands, or said in a reply under it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from bot.core.errors import Rejected, TopicGone, Uncertain, Uneditable
from bot.core.message import Message, bare
from bot.core.model import Alert, Delivery, OnUncertain, Receipt
from bot.core.ports import Adapter
from bot.outreach import alerts


class Untold(Uncertain):
    """Nobody can tell whether a copy stands, and nothing is to be repeated."""


Compose = Callable[[Alert], Message]
"""What an alert looks like in a chat's language."""


async def show(adapter: Adapter, delivery: Delivery, alert: Alert, compose: Compose, *, silent: bool) -> Receipt:
    """Show what `compose` makes of the alert, and return the receipt of the copy that shows it. Raises DeliveryError.

    What the platform refuses as it is goes out as words alone before it is given up.
    """
    try:
        return await _shown(adapter, delivery, alert, compose, silent=silent)
    except Rejected:
        if compose(alert) == bare(compose(alert)):
            raise
    return await _shown(adapter, delivery, alert, lambda version: bare(compose(version)), silent=silent)


async def _shown(adapter: Adapter, delivery: Delivery, alert: Alert, compose: Compose, *, silent: bool) -> Receipt:
    """Post the first copy, or edit it; what can't be edited is answered by a reply under it."""
    if delivery.receipt is None:
        return await _posted(adapter, delivery, alert, compose, key=delivery.id, under=delivery.under, silent=silent)
    try:
        return await adapter.edit(delivery.receipt, compose(alert))
    except (Uneditable, TopicGone):  # Discord edits nothing in an archived thread; a reply opens it again
        key = f"{delivery.id}#{alert.number}"
        return await _posted(adapter, delivery, alert, compose, key=key, under=delivery.receipt, silent=silent)


async def _posted(
    adapter: Adapter,
    delivery: Delivery,
    alert: Alert,
    compose: Compose,
    *,
    key: str,
    under: Receipt | None,
    silent: bool,
) -> Receipt:
    """Post it. Where an attempt before may have, ask the platform first.

    What stands may be `outdated`: that is kept as it is, before anything else can go wrong, and edited in its turn.
    Raises Untold where the platform can't tell and nothing is to be repeated.
    """
    message = compose(alert)
    if delivery.doubt is None:
        return await adapter.send(delivery.chat, message, key=key, under=under, silent=silent)
    earlier = (alerts.at_revision(alert, number) for number in range(alert.number - 1, 0, -1))
    versions = [compose(version) for version in (alert, *earlier)]
    receipt, blindly = None, False
    try:
        receipt = await adapter.posted(delivery.chat, versions, key=key, since=delivery.doubt)
    except Uncertain as error:
        if alert.on_uncertain is OnUncertain.SKIP:
            raise Untold from error
        blindly = True
    receipt = receipt or await adapter.send(delivery.chat, message, key=key, under=under, silent=silent)
    return replace(receipt, repeated=blindly and not receipt.outdated)
