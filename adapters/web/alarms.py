"""What is wrong, for the top of the desk."""

from __future__ import annotations

from collections.abc import Sequence

from adapters.web.site import Site
from bot.core.i18n import Translator
from bot.outreach.alarm import standing as raised
from bot.outreach.alarm import words


async def alarms(site: Site, say: Translator) -> Sequence[str]:
    """Return the alarms that are raised, in words."""
    return [words(alarm, say) for alarm in await raised(site.store)]
