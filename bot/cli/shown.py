"""What the reading commands print for people."""

from __future__ import annotations

from typing import Any

from rich.console import Console
from rich.text import Text


def show(answer: dict[str, Any]) -> None:
    """Print one answer; foreign text can neither style the terminal nor command it."""
    error = answer.get("error")
    console = Console(stderr=bool(error), highlight=False, soft_wrap=True)
    if error:
        console.print(_line(f"{answer['id']}: {error['message']}", "red"))
    elif "sentences" in answer:
        _show_summary(console, answer)
    elif "entries" in answer:
        _show_feed(console, answer)
    else:
        _show_page(console, answer)


def _show_summary(console: Console, answer: dict[str, Any]) -> None:
    console.print(_line(answer["headline"], "bold"))
    console.print(_line(f"{answer['reading_minutes']} min to read", "dim"))
    for sentence in answer["sentences"]:
        console.print(Text.assemble("• ", _line(sentence.text), (f"  [{sentence.paragraph}]", "dim")))
    if answer["quote"]:
        console.print(_line(f"“{answer['quote'].text}” — {answer['quote'].speaker}", "italic"))
    if answer["method"] != "extractive":
        from bot.core.i18n import translator  # noqa: PLC0415  # babel is only for those who need it

        console.print(_line(translator("en")(f"summary.method_{answer['method']}"), "dim"))
    console.print()


def _show_page(console: Console, answer: dict[str, Any]) -> None:
    console.print(_line(answer["title"], "bold"))
    for name in ("kind", "byline", "dateline", "published", "updated", "language", "site", "url", "image"):
        if answer[name]:
            console.print(Text.assemble((f"{name}: ", "dim"), _line(str(answer[name]))))
    for paragraph in answer["paragraphs"]:
        console.print(Text.assemble("\n", _line(paragraph)))
    console.print()


def _show_feed(console: Console, answer: dict[str, Any]) -> None:
    console.print(_line(f"{answer['title']} ({answer['format']})", "bold"))
    for problem in answer["problems"]:
        console.print(_line(problem, "yellow"))
    for entry in answer["entries"]:
        console.print(
            Text.assemble("• ", _line(entry.title), (f"  {_plain(entry.published)}  {_plain(entry.url)}", "dim"))
        )
    console.print()


def _line(text: str, style: str = "") -> Text:
    return Text(_plain(text), style)


def _plain(text: str) -> str:
    """The text without control characters: a headline must not move the cursor."""
    return "".join(char for char in text if char.isprintable())
