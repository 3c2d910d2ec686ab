"""Swagger UI in a real browser: sign in once, upload a file, make an invoice."""

import json

import pytest
from playwright.sync_api import expect

from billing.models import Invoice
from parties.tests.factories import CustomerFactory
from skeleton.files.models import File
from skeleton.identity.tests.factories import PASSWORD, user_in_role
from skeleton.testkit.browser import run_in_browser

pytestmark = pytest.mark.django_db(transaction=True)


def opened(window, tag, operation):
    """Load the page anew, open an operation, and return its block."""
    page = window.go("/api/v1/docs")
    page.reload()
    page.locator(f"#operations-tag-{tag}").click()
    block = page.locator(f"#operations-{tag}-{operation}")
    block.locator(".opblock-summary-control").click()
    return block


def execute(block, status, body=None):
    """Run the operation, and wait for the status of its answer."""
    if body is not None:
        block.locator("textarea.body-param__text").fill(json.dumps(body))
    block.get_by_role("button", name="Execute").click()
    expect(block.locator(".live-responses-table .response .response-col_status")).to_contain_text(
        str(status), timeout=30_000
    )


def test_a_reader_signs_in_once_and_tries_it_out(live_server, tmp_path, settings):
    settings.SKELETON_DATA_DIR, settings.MEDIA_ROOT = tmp_path, tmp_path / "files"
    user_in_role("super_admin", email="olha@example.com")
    customer = CustomerFactory.create()
    note = tmp_path / "note.txt"
    note.write_text("hello")

    def story(window):
        login = {"email": "olha@example.com", "password": PASSWORD}
        execute(opened(window, "Authentication", "login"), 200, login)
        files = opened(window, "Files", "uploadFile")
        files.locator("input[type=file]").set_input_files(note)
        execute(files, 201)
        line = {"description": "Services", "quantity": 1, "unit_price": 50000}
        body = {"customer_id": str(customer.pk), "due_date": "2099-12-15", "lines": [line]}
        execute(opened(window, "Invoices", "createInvoice"), 201, body)

    run_in_browser(story, live_server.url)
    assert File.objects.get().name == "note.txt"
    assert Invoice.objects.get().total == 50000
