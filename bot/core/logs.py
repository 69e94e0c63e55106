"""Log lines by structlog, for people or machines, with what looks like a secret taken out."""

from __future__ import annotations

import logging
import re
import sys
from collections.abc import Mapping, MutableMapping
from typing import Any

import structlog

_SECRETS = re.compile(
    r"(?<!\d)\d{6,}:[A-Za-z0-9_-]{30,}"  # a Telegram token, in an address too: /bot123456:ABC.../
    r"|(?<![\w-])[A-Za-z0-9_-]{23,28}\.[A-Za-z0-9_-]{6}\.[A-Za-z0-9_-]{27,}"  # a Discord token
    r"|(?:(?<=/sign-in/)|(?<=/websub/))[A-Za-z0-9_-]{16,}"
    r"|/(?:webhooks|interactions)/\d+/[A-Za-z0-9_-]{16,}"  # Discord lets anybody write who knows these
    r"|(?i:\b(?:bearer|basic)\s+[A-Za-z0-9._~+/=-]{8,})"
    r"|(?<=://)[^/\s?#]+(?=@)"  # credentials in a URL, whatever stands in them
)


def redacted(text: str) -> str:
    """Return the text without tokens, sign-in links and credentials in URLs, control characters made visible."""
    clean = _SECRETS.sub("[secret]", text)
    return clean if clean.isprintable() else "".join(map(_visible, clean))


def _visible(char: str) -> str:
    return char if char.isprintable() else repr(char)[1:-1]


def _redact(_logger: object, _method: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    """Redact every value on its way out; nothing foreign reaches the log as it is, nor begins a line of it."""
    return {key: _indented(value) if key in _TRACES else _clean(value) for key, value in event.items()}


_TRACES = frozenset({"exception", "stack"})
"""What runs over several lines."""


def _indented(trace: str) -> str:
    return "\n".join(f"  {redacted(line)}" for line in trace.splitlines())


def _clean(value: object) -> object:
    """Redact texts, also inside lists and dictionaries; any other object counts as its text."""
    if value is None or isinstance(value, bool | int | float | logging.LogRecord):
        return value
    if isinstance(value, Mapping):
        return {redacted(str(key)): _clean(member) for key, member in value.items()}
    if isinstance(value, list | tuple | set | frozenset):
        return [_clean(member) for member in value]
    return redacted(str(value))


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
