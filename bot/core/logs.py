"""Log lines by structlog, for people or machines, with what looks like a secret taken out."""

from __future__ import annotations

import logging
import re
import sys
from collections.abc import MutableMapping
from typing import Any

import structlog

_SECRETS = re.compile(
    r"(?P<telegram>\b\d{6,}:[A-Za-z0-9_-]{30,})"
    r"|(?P<discord>\b[A-Za-z0-9_-]{23,28}\.[A-Za-z0-9_-]{6}\.[A-Za-z0-9_-]{27,})"
    r"|(?P<link>(?<=/sign-in/)[A-Za-z0-9_-]{16,})"
    r"|(?P<credentials>(?<=://)[^/\s:@]+:[^/\s@]+(?=@))"
)


def redacted(text: str) -> str:
    """Return the text without bot tokens, sign-in links and credentials in URLs, control characters made visible."""
    clean = _SECRETS.sub("[secret]", text)
    return "".join(char if char.isprintable() or char in "\n\t" else repr(char)[1:-1] for char in clean)


def _redact(_logger: object, _method: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    """Redact every value on its way out; nothing foreign reaches the log as it is."""
    return {key: redacted(value) if isinstance(value, str) else value for key, value in event.items()}


def configure(level: str, style: str) -> None:
    """Set up logging for the process. Tracebacks carry no local variables: secrets live there."""
    shared: list[structlog.typing.Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        structlog.processors.format_exc_info,
        _redact,
    ]
    renderer: structlog.typing.Processor = (
        structlog.processors.JSONRenderer()
        if style == "json"
        else structlog.dev.ConsoleRenderer(colors=sys.stderr.isatty())
    )
    structlog.configure(
        processors=[*shared, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.make_filtering_bound_logger(logging.getLevelNamesMapping()[level]),
        cache_logger_on_first_use=True,
    )
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=shared,
            processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, renderer],
        )
    )
    logging.basicConfig(handlers=[handler], level=level, force=True)
    logging.getLogger("aiohttp.access").setLevel(logging.WARNING)
