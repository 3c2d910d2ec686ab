"""Browser tests with headless Chromium against pytest-django's `live_server`.

A window records the browser's errors and warnings, and every request to another host. A test fails at its end if there
were any.
"""

import os
import shutil
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from urllib.parse import urlsplit

import axe_playwright_python
import pytest
from playwright.sync_api import ConsoleMessage, Page, Request, sync_playwright

CHROMIUM_OPTIONS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)
Size = tuple[int, int]
DESKTOP, PHONE = (1280, 900), (390, 844)
"""Widths and heights in CSS pixels."""

AXE = Path(axe_playwright_python.__file__).with_name("axe.min.js")
"""axe-core from the axe_playwright_python package."""

CHART_MILLISECONDS = 500
"""Milliseconds after which charts are drawn completely."""

WAIT_UNTIL_STILL = """Promise.all([document.fonts.ready, ...document.getAnimations()
    .filter((one) => one.effect.getComputedTiming().endTime !== Infinity)
    .map((one) => one.finished.catch(() => null))]).then(() => null)"""
"""Waits for the fonts and until everything that moves has come to rest. (An idle network takes half a second.)"""

NO_CHROMIUM = "No Chromium here: `apt-get install chromium`, or name one in SKELETON_TEST_CHROMIUM."


def chromium() -> str | None:
    """Return the path of this machine's Chromium, or None."""
    named = os.environ.get("SKELETON_TEST_CHROMIUM")
    return named or shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")


class Window:
    """A browser tab. Paths are relative to `home`, the URL of the server under test."""

    def __init__(self, page: Page, home: str) -> None:
        self.page, self.home = page, home
        self.errors: list[str] = []
        self.foreign_requests: list[str] = []
        page.on("console", self._on_console)
        page.on("pageerror", lambda error: self.errors.append(str(error)))
        page.on("request", self._on_request)

    def _on_console(self, message: ConsoleMessage) -> None:
        if message.type in ("error", "warning"):
            self.errors.append(f"{self.page.url}: {message.text} ({message.location['url']})")

    def _on_request(self, request: Request) -> None:
        address = urlsplit(request.url)
        if address.scheme not in ("data", "blob") and address.netloc != urlsplit(self.home).netloc:
            self.foreign_requests.append(request.url)

    def go(self, path: str) -> Page:
        """Open a path."""
        self.page.goto(f"{self.home}{path}")
        return self.page

    def screenshot(self, name: str) -> None:
        """Take a screenshot if SKELETON_TEST_SCREENSHOTS names a folder."""
        folder = os.environ.get("SKELETON_TEST_SCREENSHOTS")
        if folder:
            self.page.wait_for_load_state("networkidle")
            self.page.wait_for_timeout(CHART_MILLISECONDS)
            self.page.screenshot(path=str(Path(folder) / f"{name}.png"))

    def assert_fits(self) -> None:
        """Assert that the page is not wider than the window, so it needs no horizontal scrolling."""
        width, window = self.page.evaluate("[document.documentElement.scrollWidth, window.innerWidth]")
        assert width <= window, f"{self.page.url} is {width} pixels wide"

    def assert_accessible(self) -> None:
        """Assert that axe-core finds no serious problem on the current page."""
        self.page.wait_for_load_state("load")
        self.page.evaluate(WAIT_UNTIL_STILL)  # what is half faded in has too little contrast
        self.page.evaluate(AXE.read_text())
        found = self.page.evaluate("axe.run(document, {resultTypes: ['violations']})")
        serious = [
            f"{violation['id']}: {[node['html'][:200] for node in violation['nodes'][:3]]}"
            for violation in found["violations"]
            if violation["impact"] in ("serious", "critical")
        ]
        assert not serious, (self.page.url, serious)

    def assert_quiet(self) -> None:
        assert not self.errors, self.errors
        assert not self.foreign_requests, f"requests to other hosts: {self.foreign_requests}"


Scenario = Callable[[Window], None]


def run_in_browser(scenario: Scenario, home: str, size: Size = DESKTOP, *, dark: bool = False) -> None:
    """Run `scenario(window)` in a new Chromium. Fails if the scenario fails or the browser reported errors.

    The scenario runs in a separate thread, because Playwright keeps an event loop running, in which Django refuses to
    use the database. Use the database before or after it.
    """
    path = chromium()
    if path is None:
        pytest.skip(NO_CHROMIUM)
    with ThreadPoolExecutor(max_workers=1) as thread:
        thread.submit(_run, scenario, path, home, size, dark).result()


def _run(scenario: Scenario, path: str, home: str, size: Size, dark: bool) -> None:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=list(CHROMIUM_OPTIONS))
        context = browser.new_context(
            viewport={"width": size[0], "height": size[1]}, color_scheme="dark" if dark else "light", locale="en-GB"
        )
        window = Window(context.new_page(), home)
        try:
            scenario(window)
            window.page.wait_for_load_state("networkidle")
        finally:
            browser.close()
        window.assert_quiet()
