"""The newcomer's first minute and the editor's first story, in a real browser against the whole program."""

from __future__ import annotations

from pathlib import Path

import pytest
from selenium.webdriver import Chrome
from selenium.webdriver.common.keys import Keys

from tests.browser.pages import ChatPage, DeskPage
from tests.browser.program import Program

LOOKS = (Path(__file__).parent / "looks.js").read_text()
PHONE, DESK = 390, 1280


def faults(page: ChatPage) -> list[str]:
    """What is wrong with how a page looks on a phone and a desk, in the light and in the dark."""
    found = []
    for width in (PHONE, DESK):
        for dark in (False, True):
            page.look(width, dark=dark)
            found += [f"{width} dark={dark}: {fault}" for fault in page.chrome.execute_script(LOOKS)]
            if page.overflow > 0:
                found.append(f"{width}: {page.overflow} pixels stick out")
    return found


def test_a_newcomer_follows_the_news_and_reads_an_alert(chromium: Chrome, program: Program):
    chat = ChatPage(chromium, program.address)
    chat.open()
    assert faults(chat) == []
    chat.look(PHONE)
    chat.press("Follow the news")
    chat.reads("You follow")
    alert = chat.until(lambda: [post for post in chat.posts[2:] if "Saltmere" in post])[0]
    assert "\n" in alert
    chat.say("/help")
    assert "/summary" in chat.reads("What I can do")
    chat.until(lambda: chat.all("#state")[0].text == "")  # whichever came first, the answer or the form's own
    assert faults(chat) == []
    assert chat.complaints == []


def test_a_message_is_replied_to_with_the_keyboard_alone(chromium: Chrome, quiet: Program):
    chat = ChatPage(chromium, quiet.address)
    chat.open()
    chat.press("What can you do?")
    chat.reads("What I can do")
    chat.say("https://paper.example/no-such-page")
    chat.until(lambda: len(chat.posts) == 4)
    chat.reply("paper.example")
    assert chat.focused == "line"
    assert faults(chat) == []
    chat.all("#line")[0].send_keys(Keys.ESCAPE)
    chat.until(lambda: not chat.replying)
    chat.reply("paper.example")
    chat.say("/summary")
    chat.until(lambda: len(chat.posts) == 6)
    assert chat.posts[5] == chat.posts[3] != "", "it is the page behind the link that can't be had"
    assert not chat.replying
    assert chat.texts(".under") == ["In reply to an earlier message"]
    assert faults(chat) == []
    assert chat.complaints == []


def test_a_list_of_feeds_is_sent_along_and_another_taken_away(chromium: Chrome, quiet: Program, tmp_path: Path):
    file = tmp_path / "feedly.opml"
    file.write_text('<opml><body><outline text="A Paper" xmlUrl="https://paper.example/feed"/></body></opml>')
    chat = ChatPage(chromium, quiet.address)
    chat.open()
    chat.press("What can you do?")
    chat.reads("What I can do")
    chat.attach(file)
    chat.until(lambda: chat.all("#line")[0].get_attribute("value") == "/import")
    assert chat.focused == "line"
    assert chat.all(".attach.chosen")
    chat.say("")
    chat.reads("A Paper – added.")
    chat.until(lambda: not chat.all(".attach.chosen"))
    chat.say("/export")
    chat.reads("Feeds in the file: 1")
    assert chat.texts(".file") == ["dateline-feeds.opml"]
    assert faults(chat) == []
    chat.say("/import")
    chat.reads("Name the list's address")
    assert chat.complaints == []


def test_an_editor_signs_in_and_posts_a_breaking_story(chromium: Chrome, quiet: Program):
    desk = DeskPage(chromium, quiet.address)
    desk.sign_in(quiet.link)
    desk.look(PHONE)
    desk.say("/subscribe")
    desk.reads("You follow")
    desk.compose("flash", "Harbour bridge closed", "Police ask for patience.", "https://courier.example/bridge")
    assert "Harbour bridge closed" in desk.reads("Send it?")
    assert desk.shown_whole("Send to 1 chat")
    assert faults(desk) == []
    desk.press("Send to 1 chat")
    desk.reads("Told 1 of 1 chat")
    assert "Police ask for patience." in desk.reads("FLASH: Harbour bridge closed")
    row = desk.until(lambda: [row for row in desk.alerts if "Harbour bridge closed" in row and "told" in row])[0]
    assert row.splitlines()[0] == "FLASH"
    assert faults(desk) == []
    assert desk.complaints == []


def test_what_can_not_be_taken_is_said_beside_the_form_and_nothing_typed_is_lost(chromium: Chrome, program: Program):
    desk = DeskPage(chromium, program.address)
    desk.sign_in(program.link)
    desk.until(lambda: any("Saltmere" in feed for feed in desk.feeds))
    desk.compose("urgent", "Harbour bridge closed", url="https://a.example/ https://b.example/")
    desk.until(lambda: "begins with http://" in desk.all(".compose .notice")[0].text)
    assert desk.all("#headline")[0].get_attribute("value") == "Harbour bridge closed"
    assert faults(desk) == []
    program.stop()
    desk.say("/help me with this")
    desk.until(lambda: "did not reach the desk" in desk.all("#notice")[0].text)
    assert desk.all("#line")[0].get_attribute("value") == "/help me with this"


def test_the_chat_goes_on_by_itself_after_a_restart(chromium: Chrome, program: Program):
    chat = ChatPage(chromium, program.address)
    chat.open()
    chat.press("What can you do?")
    chat.reads("What I can do")
    program.restart()
    chat.say("/status")
    chat.reads("How I am")
    assert [post.splitlines()[0] for post in chat.posts] == ["/help", "What I can do", "/status", "How I am"]


@pytest.mark.parametrize("chromium", [{"javascript": False}], indirect=True)
def test_all_works_without_scripts(chromium: Chrome, program: Program):
    desk = DeskPage(chromium, program.address)
    desk.chrome.get(program.link)
    desk.press("Sign in")
    desk.compose("routine", "Library opens")
    desk.reads_after_reload("Send it?")
    desk.press("Discard")
    assert "Library opens" in desk.reads_after_reload("Discarded; nobody was told.")
