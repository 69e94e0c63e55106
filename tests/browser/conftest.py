"""The whole program in a process of its own, and headless Chromium to look at it."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from selenium import webdriver

from tests.browser.program import Program

CHROMIUM = ("chromium", "chromium-browser", "google-chrome")
FLAGS = (
    "--headless=new",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--disable-dev-shm-usage",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--lang=en",
)


@pytest.fixture
def program(tmp_path: Path) -> Iterator[Program]:
    """`python -m bot run` on TinyDB with the sample newsroom, on free ports."""
    with Program(tmp_path / "var") as running:
        yield running


@pytest.fixture
def quiet(tmp_path: Path) -> Iterator[Program]:
    """The program without the sample newsroom: no news moves what is looked at out of sight meanwhile."""
    with Program(tmp_path / "var", SAMPLE_NEWSROOM="false", TIME_ZONE="Europe/Berlin") as running:
        yield running


@pytest.fixture
def chromium(tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[webdriver.Chrome]:
    """A browser with an empty profile. Skips where there is none; REQUIRE_BROWSER=1 makes that a failure.

    The parameter `{"javascript": False}` turns the pages' scripts off.
    """
    browser = next(filter(None, map(shutil.which, CHROMIUM)), None)
    driver = shutil.which("chromedriver")
    if not (browser and driver):
        reason = "there is no Chromium with its chromedriver here"
        if os.environ.get("REQUIRE_BROWSER") == "1":
            pytest.fail(reason)
        pytest.skip(reason)
    options = webdriver.ChromeOptions()
    options.binary_location = browser
    for flag in (*FLAGS, f"--user-data-dir={tmp_path / 'profile'}"):
        options.add_argument(flag)
    if not getattr(request, "param", {}).get("javascript", True):
        options.add_experimental_option("prefs", {"profile.managed_default_content_settings.javascript": 2})
    options.set_capability("goog:loggingPrefs", {"browser": "ALL"})
    chrome = webdriver.Chrome(options=options, service=webdriver.ChromeService(driver))
    try:
        yield chrome
    finally:
        chrome.quit()
