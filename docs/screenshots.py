"""Pictures of the back office with demo data, for the README and the documentation: `make screenshots`.

It starts a server over the demo company (SKELETON_DATA_DIR), signs in as the documented administrator, and writes
docs/screenshots/*.png. Chromium and Playwright are those of the tests.
"""

import os
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from playwright.sync_api import Browser, Page, sync_playwright

from skeleton.testkit.browser import CHART_MILLISECONDS, CHROMIUM_OPTIONS, PHONE, chromium

PORT = os.environ.get("PORT", "18802")
HOME = f"http://127.0.0.1:{PORT}"
FOLDER = Path(__file__).with_name("screenshots")
EMAIL, PASSWORD = "admin@skeleton.local", "03041965"  # the demo's own
WIDE = (1440, 900)

SHOTS = (
    # name, path, language, size, dark
    ("dashboard", "/admin/", "en", WIDE, False),
    ("invoices", "/admin/billing/invoice/", "en", WIDE, False),
    ("dashboard-uk", "/admin/", "uk", WIDE, True),
    ("dashboard-de", "/admin/", "de", WIDE, False),
    ("dashboard-phone", "/admin/", "en", PHONE, False),
)


def main() -> None:
    FOLDER.mkdir(exist_ok=True)
    with serving(), sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium(), args=list(CHROMIUM_OPTIONS))
        for name, path, language, size, dark in SHOTS:
            page = signed_in(browser, language, size, dark=dark)
            page.goto(f"{HOME}{path}")
            page.wait_for_load_state("networkidle")
            page.wait_for_timeout(2 * CHART_MILLISECONDS)
            page.screenshot(path=str(FOLDER / f"{name}.png"))
            page.context.close()
        browser.close()


def signed_in(browser: Browser, language: str, size: tuple[int, int], *, dark: bool) -> Page:
    """A window in which the administrator reads `language`."""
    context = browser.new_context(
        viewport={"width": size[0], "height": size[1]}, color_scheme="dark" if dark else "light"
    )
    page = context.new_page()
    page.goto(f"{HOME}/admin/login/")
    page.locator("[name=username]").fill(EMAIL)
    page.locator("[name=password]").fill(PASSWORD)
    page.locator("#login-form button[type=submit]").click()
    page.locator(f"form[action='/admin/language/']:has(input[value={language}]) button").first.dispatch_event("click")
    page.wait_for_load_state("networkidle")
    return page


@contextmanager
def serving() -> Iterator[None]:
    """A server over the demo company, while the pictures are taken."""
    server = subprocess.Popen(
        [sys.executable, "manage.py", "serve"],
        env=os.environ | {"PORT": PORT, "SKELETON_THROTTLE": "off"},
        stdout=subprocess.DEVNULL,
    )
    try:
        wait()
        yield
    finally:
        server.terminate()
        server.wait()


def wait(seconds: float = 60) -> None:
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        try:
            urllib.request.urlopen(f"{HOME}/ready", timeout=2)  # noqa: S310 (our own server)
        except OSError:
            time.sleep(0.3)
        else:
            return
    raise SystemExit("The server did not start.")


if __name__ == "__main__":
    main()
