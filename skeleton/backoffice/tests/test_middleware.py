"""Middleware of pages: complete for pages, absent for the API."""

import datetime as dt

import pytest
from django.core.exceptions import ImproperlyConfigured, PermissionDenied
from django.http import HttpResponse
from django.test import Client, RequestFactory
from django.utils import timezone

from billing.tests.factories import customer
from parties.models import Customer
from skeleton.backoffice.middleware import PagesMiddleware

pytestmark = pytest.mark.django_db


def leading(name):
    """A middleware that answers in `process_view`."""

    class Leading:
        def __init__(self, get_response):
            self.get_response = get_response

        def __call__(self, request):
            return self.get_response(request)

        def process_view(self, request, *args):
            return HttpResponse(name)

    return Leading


class Refusing:
    def __init__(self, get_response):
        self.get_response = get_response

    def __call__(self, request):
        raise PermissionDenied


class Excepting:
    def __init__(self, get_response):
        pass

    def process_exception(self, request, exception):
        return None


def chain(monkeypatch, settings, *classes):
    """PagesMiddleware around a view, with these middleware classes inside."""
    named = {str(index): kind for index, kind in enumerate(classes)}
    settings.PAGES_MIDDLEWARE = list(named)
    monkeypatch.setattr("skeleton.backoffice.middleware.import_string", named.__getitem__)
    return PagesMiddleware(lambda request: HttpResponse("view"))


def test_a_page_needs_a_csrf_token_and_gets_sessions_and_a_policy(chief):
    strict = Client(enforce_csrf_checks=True)
    strict.cookies = chief.cookies
    assert strict.post("/admin/parties/customer/add/", {"name": "Acme"}).status_code == 403
    page = chief.get("/admin/")
    assert "script-src" in page.headers["Content-Security-Policy"]
    assert page.headers["X-Frame-Options"] == "DENY"


def test_the_api_passes_by_all_of_it(anonymous):
    answer = anonymous.get("/customers")
    assert not {"Content-Security-Policy", "X-Frame-Options", "Vary"} & set(answer.headers)


def test_hooks_of_pages_run_in_order_and_for_pages_only(monkeypatch, settings):
    middleware = chain(monkeypatch, settings, leading("first"), leading("second"))
    assert middleware.process_view(RequestFactory().get("/admin/"), None, (), {}).content == b"first"
    assert middleware.process_view(RequestFactory().get("/api/v1/customers"), None, (), {}) is None


def test_what_a_middleware_raises_is_answered(monkeypatch, settings):
    middleware = chain(monkeypatch, settings, Refusing)
    assert middleware(RequestFactory().get("/admin/")).status_code == 403
    assert middleware(RequestFactory().get("/api/v1/customers")).content == b"view"


def test_a_hook_that_would_not_be_called_is_refused(monkeypatch, settings):
    with pytest.raises(ImproperlyConfigured, match="process_exception"):
        chain(monkeypatch, settings, Excepting)


def test_pages_show_times_in_the_zone_of_the_company_and_the_api_in_utc(chief, colleague, settings):
    settings.SKELETON_TIME_ZONE = "Asia/Tokyo"
    buyer = customer()
    Customer.objects.filter(pk=buyer.pk).update(created_at=dt.datetime(2026, 1, 2, 20, 30, tzinfo=dt.UTC))
    shown = chief.get(f"/admin/parties/customer/{buyer.pk}/change/").content.decode()
    assert "Status and times (Asia/Tokyo)" in shown
    assert "3 Jan 2026, 05:30" in shown
    assert colleague.get(f"/customers/{buyer.pk}").data["created_at"].startswith("2026-01-02T20:30:00")
    assert timezone.get_current_timezone_name() == "UTC", "for this page only"
