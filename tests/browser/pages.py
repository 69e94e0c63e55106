"""The pages as a person uses them: what can be read and done on each, and nothing of how it is made."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

from selenium.common.exceptions import ElementClickInterceptedException, StaleElementReferenceException
from selenium.webdriver import Chrome
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys
from selenium.webdriver.remote.webelement import WebElement
from selenium.webdriver.support.ui import WebDriverWait

T = TypeVar("T")
SECONDS = 30


_MOVING = [StaleElementReferenceException, ElementClickInterceptedException, IndexError]
"""What a click meets while a new message moves the page, and what is not there between two pages."""


class Page:
    """What every page has."""

    path = "/"

    def __init__(self, chrome: Chrome, address: str) -> None:
        self.chrome = chrome
        self.address = address
        self.width = 0

    def open(self) -> None:
        self.chrome.get(self.address + self.path)

    def look(self, width: int, *, dark: bool = False, height: int = 844) -> None:
        """Be a phone or a desk, in the light or in the dark."""
        self.width = width
        size = {"width": width, "height": height, "deviceScaleFactor": 1, "mobile": width < 600}
        self.chrome.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", size)
        scheme = {"name": "prefers-color-scheme", "value": "dark" if dark else "light"}
        self.chrome.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": [scheme]})

    def all(self, selector: str) -> list[WebElement]:
        return self.chrome.find_elements(By.CSS_SELECTOR, selector)

    def texts(self, selector: str) -> list[str]:
        """What stands in these elements, read at one moment between two changes of the page."""
        return self.until(lambda: [[element.text for element in self.all(selector)]])[0]

    def until(self, happens: Callable[[], T]) -> T:
        """Wait until something is so, and return it."""
        wait = WebDriverWait(self.chrome, SECONDS, 0.05, ignored_exceptions=_MOVING)
        return wait.until(lambda _: happens())

    @property
    def overflow(self) -> int:
        """Pixels that stick out to the side."""
        return self.chrome.execute_script("return document.documentElement.scrollWidth - arguments[0]", self.width)

    @property
    def complaints(self) -> list[str]:
        """What the browser's console holds against the page (a broken policy, a script's error)."""
        return [entry["message"] for entry in self.chrome.get_log("browser") if entry["level"] == "SEVERE"]


class ChatPage(Page):
    """The chat."""

    @property
    def posts(self) -> list[str]:
        return self.texts(".post .words")

    def reads(self, words: str) -> str:
        """Wait for a post with these words, and return it."""
        return self.until(lambda: next((post for post in self.posts if words in post), ""))

    def reads_after_reload(self, words: str) -> str:
        """Reload, as one does where no script runs, until there is a post with these words; return it."""

        def there() -> str:
            self.chrome.refresh()
            return next((post for post in self.posts if words in post), "")

        return self.until(there)

    def shown_whole(self, label: str) -> bool:
        """Whether the newest button of that name stands within the window, to be pressed without scrolling."""
        place = "const { top, bottom } = arguments[0].getBoundingClientRect(); return top >= 0 && bottom <= innerHeight"
        return self.until(lambda: self.chrome.execute_script(place, self._button(label)))

    def say(self, line: str) -> None:
        box = self.all("#line")[0]
        box.send_keys(line, Keys.ENTER)

    def reply(self, words: str) -> None:
        """Reply to the post with these words, as one does who has only a keyboard."""

        def opened() -> bool:
            post = next(post for post in self.all(".post") if words in post.text)
            post.find_element(By.CSS_SELECTOR, ".reply").send_keys(Keys.ENTER)
            return self.replying == post.find_element(By.CSS_SELECTOR, ".words > :not(img)").text

        self.until(opened)

    def attach(self, file: Path) -> None:
        """Choose a file to go with the next line."""
        self.all(".attach input")[0].send_keys(str(file))

    @property
    def replying(self) -> str:
        """What the next line replies to; empty where to nothing."""
        return " ".join(text for bar in self.all("#replying q") for text in bar.text.split())

    @property
    def focused(self) -> str:
        """The id of what the keyboard writes into."""
        return self.chrome.switch_to.active_element.get_attribute("id")

    def press(self, label: str) -> None:
        """Press the newest button of that name."""

        def pressed() -> bool:
            self._button(label).click()
            return True

        self.until(pressed)

    def _button(self, label: str) -> WebElement:
        return self.until(lambda: [button for button in self.all("main button") if button.text.startswith(label)])[-1]


class DeskPage(ChatPage):
    """The desk, with the chat beside it."""

    path = "/desk"

    def sign_in(self, link: str) -> None:
        self.chrome.get(link)
        self.until(lambda: self.all("#board"))

    def compose(self, severity: str, headline: str, text: str = "", url: str = "") -> None:
        self.until(lambda: self.all(".compose") and self.all("body")[0].send_keys(Keys.CONTROL, Keys.HOME) is None)
        self.until(lambda: self.all(f".severity.{severity}")[0].click() is None)  # the page may still be on its way up
        for name, value in (("headline", headline), ("text", text), ("url", url)):
            self.all(f"#{name}")[0].send_keys(value)
        self.all(".compose button.go")[0].click()

    @property
    def alerts(self) -> list[str]:
        return self.texts(".alert")

    @property
    def feeds(self) -> list[str]:
        return self.texts(".feed")

    @property
    def told(self) -> int:
        """How many chats have got what is going out; all of them once nothing is."""
        bars = "return [...document.querySelectorAll('.sending progress')].map((bar) => bar.value)[0] ?? 1e9"
        return self.chrome.execute_script(bars)

    @property
    def waiting(self) -> int:
        """How many wait for a flash to go out on all platforms together."""
        return sum(int(cell.replace(",", "")) for cell in self.texts(".sending tbody td:nth-of-type(1)"))

    def follow(self, headline: str) -> None:
        """Open the page of the alert with that headline on the board."""

        def there() -> bool:
            found = [link for link in self.all(".alert .headline") if link.text == headline]
            if found:
                found[0].click()
            return bool(found)

        self.until(there)
        self.until(lambda: "/desk/alerts/" in self.chrome.current_url)


class AlertPage(ChatPage):
    """An alert's page, with the chat beside it."""

    def says(self, *words: str) -> None:
        """Wait until the page says how the alert stands, in these words."""
        self.until(lambda: all(word in self.texts("#board")[0] for word in words))

    def fill(self, act: str, **fields: str) -> None:
        """Open the form with that button and write in it, over what stands there."""

        def filled() -> bool:
            form = self._form(act)
            if not form.is_displayed():
                self._click(form.find_element(By.XPATH, "ancestor::details/summary"))
            for name, value in fields.items():
                field = form.find_element(By.NAME, name)
                field.clear()
                field.send_keys(value)
            return True

        self.until(filled)

    def order(self, act: str) -> None:
        """Press the button."""

        def pressed() -> bool:
            self._click(self._button_of(act))
            return True

        self.until(pressed)

    def value(self, act: str, name: str) -> str:
        """What stands in a field of the form with that button."""
        return self._form(act).find_element(By.NAME, name).get_attribute("value")

    def notice(self, act: str) -> str:
        """What is said beside the form with that button."""
        return self._form(act).find_element(By.CSS_SELECTOR, "[role=alert]").text

    def _click(self, element: WebElement) -> None:
        """Click what may stand at the window's edge."""
        self.chrome.execute_script("arguments[0].scrollIntoView({ block: 'center' })", element)
        element.click()

    def _form(self, act: str) -> WebElement:
        return self._button_of(act).find_element(By.XPATH, "ancestor::form")

    def _button_of(self, act: str) -> WebElement:
        return self.until(lambda: self.all(f'.acts button[value="{act}"]'))[0]
