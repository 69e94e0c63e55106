"""The desk from the terminal: the editor's commands as they are typed in a chat, from `dateline update` to `report`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import orjson
import typer

from bot.cli.asking import asked, given
from bot.cli.reading import AsJson
from bot.cli.typed import photo_in, piped, story, typed
from bot.core.model import OnUncertain, Severity


def _named(id: str) -> str:
    """Refuse what can be no alert's id before anybody is asked."""
    if not id.strip():
        raise typer.BadParameter("an id is missing; dateline alerts shows the latest")
    return typed(id.strip())


AlertId = Annotated[
    str, typer.Argument(metavar="ALERT", help="Its id: dateline alerts shows the latest.", callback=_named)
]
Text = Annotated[
    str, typer.Argument(metavar="TEXT", help="The headline; further lines are the text. - reads standard input.")
]
PhotoFile = Annotated[
    Path | None, typer.Option("--photo", metavar="FILE", exists=True, dir_okay=False, readable=True, help="Its photo.")
]
Unlinked = Annotated[bool, typer.Option("--no-link", help="Take the link away.")]
Unpictured = Annotated[bool, typer.Option("--no-photo", help="Take the photo away.")]
Wrong = Annotated[str, typer.Option(help="What was wrong; readers see it.")]
Time = Annotated[
    list[str], typer.Argument(metavar="TIME...", help="18:30, tomorrow 7:00, in 20 minutes, 2027-01-31 07:00.")
]


def update(
    alert: AlertId,
    text: Text,
    severity: Annotated[Severity, typer.Option(help="How loud it is.")] = Severity.ROUTINE,
    photo: PhotoFile = None,
) -> None:
    """Draft what is new in an alert's story; it goes out under the first alert."""
    given("update", photo_in(photo), alert=alert, severity=severity.value, text=story(text))


def preview(alert: AlertId) -> None:
    """Show an alert exactly as each platform will get it."""
    given("preview", alert=alert)


def test(alert: AlertId) -> None:
    """Send what an alert says to the test chats, and to nobody else."""
    given("test", alert=alert)


def approve(alert: AlertId) -> None:
    """Send a draft on its way; for a moment it can still be called back."""
    given("approve", alert=alert)


def reject(alert: AlertId) -> None:
    """Discard a draft."""
    given("reject", alert=alert)


def schedule(alert: AlertId, time: Time) -> None:
    """Have an alert go out at a time; a draft is approved with it."""
    given("schedule", alert=alert, time=" ".join(time))


def embargo(alert: AlertId, time: Time) -> None:
    """Let nobody send an alert before a time."""
    given("embargo", alert=alert, time=" ".join(time))


def hold(alert: AlertId) -> None:
    """Stop an alert where it is: nothing more of it goes out."""
    given("hold", alert=alert)


def release(alert: AlertId) -> None:
    """Let a held alert go on, or send a scheduled one now."""
    given("release", alert=alert)


def undo(alert: AlertId) -> None:
    """Call back an approved alert, or a correction before it takes effect."""
    given("undo", alert=alert)


def uncertain(
    alert: AlertId, choice: Annotated[OnUncertain, typer.Argument(help="Tell them again, or only list them.")]
) -> None:
    """Say what to do about chats of which nobody can tell whether they were told."""
    given("uncertain", alert=alert, choice=choice.value)


def correct(
    alert: AlertId,
    wrong: Wrong,
    text: Text = "",
    photo: PhotoFile = None,
    *,
    no_link: Unlinked = False,
    no_photo: Unpictured = False,
) -> None:
    """Correct an alert wherever it stands, with a notice under each copy."""
    _amend("correct", alert, wrong, text, photo, no_link=no_link, no_photo=no_photo)


def refile(
    alert: AlertId,
    wrong: Wrong,
    text: Text = "",
    photo: PhotoFile = None,
    *,
    no_link: Unlinked = False,
    no_photo: Unpictured = False,
) -> None:
    """Put a slip of the pen right wherever it stands, without a notice."""
    _amend("refile", alert, wrong, text, photo, no_link=no_link, no_photo=no_photo)


def retract(
    alert: AlertId,
    why: Annotated[str, typer.Argument(metavar="WHY", help="Readers see it. - reads standard input.")] = "",
) -> None:
    """Withdraw an alert: every copy becomes a stub that says so, and why."""
    given("retract", alert=alert, why=" ".join(piped(why).split()))


def history(alert: AlertId) -> None:
    """Show what an alert said, and what was put right when."""
    given("history", alert=alert)


def alerts(*, json: AsJson = False) -> None:
    """Show the latest alerts with their ids."""
    if not json:
        given("alerts")
        return
    for alert in asked("alerts")["alerts"]:
        typer.echo(orjson.dumps(alert))


def report(alert: AlertId, *, json: AsJson = False) -> None:
    """Show how an alert was delivered."""
    if not json:
        given("report", alert=alert)
        return
    typer.echo(orjson.dumps(asked("report", id=alert)))


def register(app: typer.Typer, panel: str) -> None:
    """Put the commands of this module on the command line, in a panel of its help."""
    made = (update, preview, test, approve, reject, schedule, embargo, hold, release, undo, uncertain)
    for command in (*made, correct, refile, retract, history, alerts, report):
        app.command(rich_help_panel=panel)(command)


def _amend(name: str, alert: str, wrong: str, text: str, photo: Path | None, *, no_link: bool, no_photo: bool) -> None:
    """Give the command what it takes: what was wrong on a line, and below it what is right."""
    from bot.commands.corrections import NO_LINK, NO_PHOTO  # noqa: PLC0415  # the house is loaded when it is asked

    note = " ".join(typed(wrong).split())
    if not note:
        raise typer.BadParameter("say what was wrong", param_hint="--wrong")
    gone = f"{NO_LINK} " * no_link + f"{NO_PHOTO} " * no_photo
    right = story(text) if text or not (gone or photo) else ""
    given(name, photo_in(photo), alert=alert, text=f"{note}\n{gone}{right}")
