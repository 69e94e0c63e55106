"""The life of an alert."""

from datetime import UTC, timedelta

import pytest

from bot.core.errors import Conflict
from bot.core.i18n import translator
from bot.core.model import Amendment, Audience, Revision, Severity, State
from bot.outreach import alerts
from bot.outreach.compose import alert_message
from tests.fakes import START

MOVES = {
    "approved": lambda alert: alerts.approved(alert, by="web:ed", at=START),
    "called_back": lambda alert: alerts.called_back(alert, by="web:ed", at=START),
    "rejected": lambda alert: alerts.rejected(alert, by="web:ed", at=START),
    "released": lambda alert: alerts.released(alert, at=START + timedelta(seconds=10)),
}
LIFE = {
    (State.DRAFT, "approved"): State.SCHEDULED,
    (State.DRAFT, "rejected"): State.REJECTED,
    (State.SCHEDULED, "called_back"): State.DRAFT,
    (State.SCHEDULED, "released"): State.RELEASED,
}


def draft(**fields):
    return alerts.drafted(
        "1", Revision(headline="Fire"), Severity.URGENT, Audience(text="fire", **fields), by="web:ed", at=START
    )


def reached(state: State):
    alert = draft()
    path = {
        State.DRAFT: [],
        State.SCHEDULED: ["approved"],
        State.RELEASED: ["approved", "released"],
        State.REJECTED: ["rejected"],
    }
    for move in path[state]:
        alert = MOVES[move](alert)
    return alert


@pytest.mark.parametrize("move", MOVES)
@pytest.mark.parametrize("state", [State.DRAFT, State.SCHEDULED, State.RELEASED, State.REJECTED])
def test_an_alert_moves_only_along_its_life(state: State, move: str):
    alert = reached(state)
    if (state, move) in LIFE:
        after = MOVES[move](alert)
        assert after.state is LIFE[state, move]
        assert len(after.log) == len(alert.log) + 1
        assert after.log[-1].did == move.replace("_", " ")
    else:
        with pytest.raises(Conflict) as refusal:
            MOVES[move](alert)
        assert refusal.value.message_key == f"error.alert_is_{state}"


def test_the_release_fixes_the_moment_of_the_audience():
    assert reached(State.RELEASED).released == START + timedelta(seconds=10)


def test_a_widened_alert_is_addressed_anew_and_keeps_whom_it_was_for():
    told = alerts.addressed(draft(topics=("a",)))
    wider = alerts.widened(told, Audience(topics=("a", "b"), feeds=("f",), text="flood"), at=START)
    assert wider.audience == Audience(topics=("a", "b"), feeds=("f",), text="flood")
    assert not wider.addressed


def test_an_alert_widened_before_everybody_was_looked_at_keeps_its_words():
    wider = alerts.widened(draft(), Audience(text="flood"), at=START)
    assert wider.audience.text == "fire\nflood"


def test_a_stub_is_one_whatever_befalls_its_story():
    order = Amendment(by="web:ed", note="No fire.", noticed=False)
    gone, _ = alerts.amended(alerts.ordered(reached(State.RELEASED), order, at=START), "n", at=START)
    merged = alerts.giving_way(gone, by="web:ed", at=START)
    assert alert_message(merged, translator("en"), UTC) == alert_message(gone, translator("en"), UTC)
