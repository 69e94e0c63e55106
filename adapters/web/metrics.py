"""`/metrics`, for Prometheus: what the bot has counted, the queues, and the rates held beside those allowed."""

from __future__ import annotations

import hmac
from collections.abc import Sequence
from typing import TYPE_CHECKING

from aiohttp import web
from aiohttp.web import AbstractRouteDef

from adapters.web.site import Site
from bot.core.errors import NotAllowed
from bot.core.model import Delivery, Outcome, Role
from bot.core.ports import Bot
from bot.newsroom.spending import spent_today

if TYPE_CHECKING:
    from prometheus_client import CollectorRegistry


class MetricsPage:
    """One page. It opens to whoever has the `METRICS_TOKEN` and to signed-in operators, and to nobody else."""

    def __init__(self, site: Site) -> None:
        self._site = site
        self.routes: Sequence[AbstractRouteDef] = (web.get("/metrics", self.page),)

    async def page(self, request: web.Request) -> web.Response:
        """Return the metrics in Prometheus' text format."""
        from prometheus_client import CONTENT_TYPE_PLAIN_0_0_4, generate_latest  # noqa: PLC0415  # who asks pays

        if not self._has_token(request) and (await self._site.visitor(request)).role < Role.OPERATOR:
            raise NotAllowed("web.metrics_closed")
        bot = self._site.bot
        body = generate_latest(bot.meters.registry) + generate_latest(await _standing(bot))
        headers = {"Content-Type": CONTENT_TYPE_PLAIN_0_0_4, "Cache-Control": "no-store"}
        return web.Response(body=body, headers=headers)

    def _has_token(self, request: web.Request) -> bool:
        token = self._site.settings.metrics_token
        given = request.headers.get("Authorization", "").removeprefix("Bearer ")
        return token is not None and hmac.compare_digest(given.encode(), token.get_secret_value().encode())


async def _standing(bot: Bot) -> CollectorRegistry:
    """Return how things stand at this moment."""
    from prometheus_client import CollectorRegistry, Gauge  # noqa: PLC0415

    registry, now = CollectorRegistry(), bot.clock.monotonic()
    queue = Gauge("dateline_queue_length", "Deliveries on their way.", ("account",), registry=registry)
    for account, number in (await bot.store.count(Delivery, {"outcome": Outcome.PENDING}, by="lane")).items():
        queue.labels(account).set(number)
    deliveries = Gauge("dateline_deliveries", "Deliveries that are kept, by outcome.", ("outcome",), registry=registry)
    for outcome, number in (await bot.store.count(Delivery, by="outcome")).items():
        deliveries.labels(outcome).set(number)
    rate = Gauge("dateline_rate", "Messages a second, of the last ten seconds.", ("platform",), registry=registry)
    allowed = Gauge("dateline_rate_allowed", "The same, as allowed; 0 for no limit.", ("platform",), registry=registry)
    for platform, adapter in bot.adapters.items():
        rate.labels(platform).set(bot.meters.rate(platform, now))
        allowed.labels(platform).set(adapter.rate)
    if bot.model:
        tokens = Gauge("dateline_model_tokens", "Tokens that count as spent today.", ("of",), registry=registry)
        spent = await spent_today(bot.settings, bot.store, bot.clock)
        tokens.labels("questions").set(spent.questions)
        tokens.labels("answers").set(spent.answers)
        Gauge("dateline_model_tokens_allowed", "The same, as allowed, in all.", registry=registry).set(
            bot.settings.model_daily_tokens
        )
    return registry
