"""Connections are made in few places: to foreign addresses by the one guarded door, elsewhere to the operator's own."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

from tests.house.tree import CODE, modules, tree

PLACES = {
    "bot/intake/fetch.py": {"ClientSession"},  # the door
    "bot/intake/guard.py": {"socket"},  # lets through one address after another
    "bot/intake/names.py": {"getaddrinfo"},  # looks up the names for it
    "bot/newsroom/model.py": {"consult"},  # the language model, at the address in the settings
    "bot/control.py": {"ClientSession", "socket"},  # a socket in the data folder
    "adapters/discord/rest.py": {"ClientSession"},
    "adapters/telegram/request.py": {"ClientSession"},
    "adapters/web/server.py": {"socket", "getaddrinfo"},  # only listens
}
"""Modules that connect, listen or look names up, and how. Discord's gateway is the library's."""
WAYS = {
    *("ClientSession", "socket", "socketpair", "create_connection", "open_connection", "open_unix_connection"),
    *("create_unix_connection", "create_datagram_endpoint", "sock_connect", "getaddrinfo", "gethostbyname", "consult"),
    *("urlopen", "urlretrieve", "fetch_url", "fetch_response"),
}
CLIENTS = {
    *("feedparser.http", "ftplib", "http.client", "httpx", "poplib", "requests", "smtplib", "telnetlib"),
    *("trafilatura.downloads", "urllib.request", "urllib3", "websockets"),
}
"""What would connect by itself."""


def used(path: Path) -> Iterator[str]:
    """Yield what a module calls, or hands to somebody who does."""
    for call in ast.walk(tree(path)):
        for each in (call.func, *call.args) if isinstance(call, ast.Call) else ():
            yield each.attr if isinstance(each, ast.Attribute) else each.id if isinstance(each, ast.Name) else ""


def imported(path: Path) -> Iterator[str]:
    for node in ast.walk(tree(path)):
        if isinstance(node, ast.Import | ast.ImportFrom):
            yield from (name.name for name in node.names)
        if isinstance(node, ast.ImportFrom) and node.module:
            yield from (node.module, *(f"{node.module}.{name.name}" for name in node.names))


def test_no_other_module_connects_to_anything():
    found = {str(path): WAYS.intersection(used(path)) for path in modules(*CODE)}
    assert {path: ways for path, ways in found.items() if ways} == PLACES


def test_no_library_is_imported_that_connects_by_itself():
    assert [(path, name) for path in modules(*CODE) for name in imported(path) if name in CLIENTS] == []
