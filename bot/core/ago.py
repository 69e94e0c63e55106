"""How long ago something was, or how soon it comes, in the words of a language."""

from __future__ import annotations

from datetime import datetime

from babel.dates import format_timedelta

from bot.core.i18n import Translator


def ago(moment: datetime | None, now: datetime, say: Translator) -> str:
    """Return "5 minutes ago", "in 2 hours", or that it never was."""
    if moment is None:
        return say("ago.never")
    return format_timedelta(moment - now, add_direction=True, locale=say.locale)
