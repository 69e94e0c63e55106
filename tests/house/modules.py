"""The list of modules with their opening sentences, room by room; `python -m tests.house.modules` writes it."""

import ast
from pathlib import Path

from tests.house.tree import ROOT, modules, tree

MODULES = Path("docs/modules.md")
ROOMS = (
    "bot",
    "bot/core",
    "bot/intake",
    "bot/newsroom",
    "bot/outreach",
    "bot/commands",
    "bot/cli",
    "adapters",
    "store",
)


def listed() -> str:
    """Return docs/modules.md as it should be."""
    parts = ["# The modules", "Each opens with the sentence that stands here. `make modules` renews this page."]
    for room in ROOMS:
        deep = room in {"adapters", "store"}
        here = [path for path in modules(room) if deep or str(path.parent) == room]
        rows = [f"| [`{path}`](../{path}) | {_sentence(path)} |" for path in here]
        parts += [f"## {room}", "\n".join(["| module | what it is |", "|---|---|", *rows])]
    return "\n\n".join(parts) + "\n"


def _sentence(path: Path) -> str:
    return (ast.get_docstring(tree(path)) or "").splitlines()[0].replace("|", "\\|")


if __name__ == "__main__":
    (ROOT / MODULES).write_text(listed())
