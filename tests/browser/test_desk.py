"""An alert's life from its page at the desk, in a real browser against the whole program."""

from __future__ import annotations

import pytest
from selenium.webdriver import Chrome

from tests.browser.pages import AlertPage, DeskPage
from tests.browser.program import Program
from tests.browser.test_newcomer import DESK, faults

PHONE = 375
TOLD = "1 of 1 told"


@pytest.fixture
def page(chromium: Chrome, quiet: Program) -> AlertPage:
    """The page of a draft, whose editor follows the news."""
    desk = DeskPage(chromium, quiet.address)
    desk.sign_in(quiet.link)
    desk.look(DESK)
    desk.say("/subscribe")
    desk.reads("You follow")
    desk.compose("flash", "Five hurt in harbour fire", "Police ask for patience.", "https://courier.example/fire")
    desk.reads("Send it?")
    desk.follow("Five hurt in harbour fire")
    return AlertPage(chromium, quiet.address)


def test_an_alert_is_scheduled_sent_corrected_and_reported_from_its_page(page: AlertPage):
    page.says("waits for approval")
    page.fill("schedule", time="in 20 minutes")
    assert faults(page) == []
    page.order("schedule")
    page.says("Goes out at")
    assert faults(page) == []
    page.order("release")
    page.says(TOLD, "Told 1 of 1 chat", "After the release")
    assert "Police ask for patience." in page.reads("FLASH: Five hurt in harbour fire")
    page.fill("correct", note="It was two, not five.", headline="Two hurt in harbour fire")
    page.order("correct")
    page.says("The correction stands in 1 of 1 copy", "The notice stands under 1 of 1 copy")
    assert "It was two, not five." in page.reads("FLASH: Two hurt in harbour fire")
    page.until(lambda: "Corrected: It was two, not five." in page.texts('[data-part="log"]')[0])
    page.until(lambda: "CORRECTED" in page.texts('[data-part="copy"]')[0])
    page.fill("retract", why="There was no fire.")
    assert faults(page) == []
    page.order("retract")
    page.until(lambda: "Nothing more can be done" in page.texts('[data-part="acts"]')[0])
    assert faults(page) == []
    assert page.complaints == []


def test_what_is_being_typed_stays_when_the_alert_moves_on_and_what_is_wrong_is_said_beside_it(page: AlertPage):
    page.fill("schedule", time="   ")
    page.order("schedule")
    page.until(lambda: "Say when" in page.notice("schedule"))
    assert [complaint.rpartition("status of ")[2][:3] for complaint in page.complaints] == ["422"]
    page.order("approve")
    page.says(TOLD)
    page.until(lambda: page.texts("#moved")[0])
    page.all("#moved a")[0].click()
    page.fill("correct", note="It was two", headline="Two hurt in harbour fire")
    page.order("hold")
    page.says("Held")
    page.until(lambda: "moved on while you were typing" in page.texts("#moved")[0])
    page.until(lambda: "Held" in page.texts('[data-part="log"]')[0])
    assert page.value("correct", "note") == "It was two"
    assert page.value("correct", "headline") == "Two hurt in harbour fire"
    assert page.complaints == []


@pytest.mark.parametrize("chromium", [{"javascript": False}], indirect=True)
def test_all_of_it_works_without_scripts(chromium: Chrome, quiet: Program):
    desk = DeskPage(chromium, quiet.address)
    desk.chrome.get(quiet.link)
    desk.press("Sign in")
    desk.compose("routine", "Library opens")
    desk.reads("Send it?")
    desk.follow("Library opens")
    page = AlertPage(chromium, quiet.address)
    page.fill("schedule", time="in 20 minutes")
    page.order("schedule")
    assert "Goes out at" in page.reads("Goes out at")
    page.says("Goes out at")
    page.order("undo")
    page.says("waits for approval")
    page.fill("reject")
    page.order("reject")
    page.says("Discarded; nobody was told.")
