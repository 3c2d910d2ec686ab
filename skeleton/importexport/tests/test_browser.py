"""An import with an error that is corrected and applied, and an export, in a browser."""

from pathlib import Path

import pytest
from playwright.sync_api import expect

from parties.choices import PartyKind
from parties.models import Customer
from parties.services import create_party
from skeleton.identity.tests.factories import PASSWORD, user_in_role
from skeleton.importexport import imports
from skeleton.kernel.actors import SYSTEM
from skeleton.testkit.browser import PHONE, Window, run_in_browser

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def clerk(transactional_db):
    user_in_role("admin", name="Carl Clerk", email="carl@example.com")
    fields = {"name": "Acme", "email": "acme@example.com", "phone": "+1 555", "credit_limit": 150000}
    create_party(kind=PartyKind.CUSTOMER, values=fields, actor=SYSTEM)


def sign_in(window: Window) -> None:
    page = window.go("/admin/")
    page.get_by_label("E-mail").fill("carl@example.com")
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Log in").click()
    expect(page.get_by_role("heading", name="Overview")).to_be_visible()


def upload(window: Window, file: Path) -> None:
    window.page.set_input_files("input[type=file]", str(file))
    window.page.get_by_role("button", name="Check").click()


def test_a_file_with_a_mistake_is_mended_and_imported(clerk, live_server, tmp_path):
    file = tmp_path / "customers.csv"
    rows = "name;email;phone;credit_limit;currency\nAcme;acme@example.com;+1 666;2000,00;USD\nFresh;{};;10.5;EUR\n"

    def story(window):
        sign_in(window)
        page = window.go("/admin/parties/customer/")
        window.screenshot("exchange-list")
        page.get_by_role("link", name="Import").click()
        window.screenshot("exchange-upload")
        file.write_text(rows.format("nonsense"))
        upload(window, file)
        page.get_by_text("Correct the file").wait_for()
        assert "Invalid email format" in page.inner_text("#wrong-rows")
        window.screenshot("exchange-wrong")
        page.get_by_role("link", name="Another file").click()
        file.write_text(rows.format("fresh@example.com"))
        upload(window, file)
        page.get_by_text("Nothing is written yet").wait_for()
        assert "1500.00" in page.inner_text("#changed-rows")
        window.screenshot("exchange-preview")
        page.get_by_role("button", name="Apply").click()
        page.get_by_text("Done: everything").wait_for()
        window.screenshot("exchange-done")

        page = window.go("/admin/parties/customer/?q=acme")
        with page.expect_download() as download:
            page.get_by_role("link", name="CSV").click()
        exported = Path(download.value.path()).read_text("utf-8-sig")
        assert "2000.00" in exported
        assert "Fresh" not in exported

    run_in_browser(story, live_server.url)
    assert set(Customer.objects.values_list("name", "credit_limit")) == {("Acme", 200000), ("Fresh", 1050)}


def test_the_pages_fit_a_phone_and_tell_how_far_a_job_is(clerk, live_server, tmp_path, monkeypatch):
    monkeypatch.setattr(imports, "MAX_INLINE_BYTES", 0)
    file = tmp_path / "customers.csv"
    file.write_text("name,email\nAcme,acme@example.com\n")

    def story(window):
        sign_in(window)
        window.go("/admin/parties/customer/import/")
        window.screenshot("exchange-phone")
        upload(window, file)
        window.page.get_by_text("being checked").wait_for()
        assert window.page.locator("progress").count() == 1
        window.screenshot("exchange-waiting")
        imported = window.page.url.rstrip("/").rpartition("/")[2]
        window.page.evaluate("document.getElementById('import').dataset.state = 'elsewhere'")
        window.page.wait_for_timeout(1200)  # the page polls, finds a new state, and reloads
        assert imported in window.page.url
        width = window.page.evaluate("document.documentElement.scrollWidth")
        assert width <= PHONE[0]

    run_in_browser(story, live_server.url, PHONE, dark=True)
