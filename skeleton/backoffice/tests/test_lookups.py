"""Lists can be filtered, ordered and searched only by what they show, so none of these reveals a secret."""

import re
from html import unescape
from urllib.parse import urljoin

import pytest
from django.http import QueryDict
from django.test import RequestFactory
from django.urls import URLPattern, URLResolver, get_resolver, reverse

from billing.tests.factories import draft, sent
from inventory.tests import factories as inventory
from parties.tests.factories import CustomerFactory
from skeleton.backoffice.tests.test_screens import TABLE
from skeleton.identity.models import User
from skeleton.identity.tests.factories import UserFactory
from skeleton.office import pages
from skeleton.office.parameters import BadParameter
from skeleton.office.tables.table import SECRET_FIELD_NAMES
from skeleton.testkit.screens import screens

pytestmark = pytest.mark.django_db

USERS, AUDIT, INVOICES = "/admin/identity/user/", "/admin/audit/auditentry/", "/admin/billing/invoice/"
LOOKUPS = (
    "exact",
    "iexact",
    "startswith",
    "contains",
    "icontains",
    "regex",
    "iregex",
    "gt",
    "gte",
    "lt",
    "lte",
    "range",
    "in",
    "isnull",
    "year",
    "year__gte",
    "date",
    "has_key",
    "length",
    "0",
)
SCREENS = {model._meta.label_lower: screen for model, screen in screens().items()}
LISTS = {label: screen for label, screen in SCREENS.items() if label != "notifications.preferences"}


def asked_of(screen, user, query=None):
    """Return the rows for a query, as lists and exports read them, and the request."""
    request = RequestFactory().get("/", query)
    request.user = user
    return screen.get_changelist_instance(request), request


def names_of(model):
    """Yield the lookups for the columns of a model and of its related models."""
    for field in model._meta.concrete_fields:
        yield field.name
        yield field.attname
        if field.is_relation:
            yield from (f"{field.name}__{far.name}" for far in field.related_model._meta.concrete_fields)
    for relation in model._meta.related_objects:
        yield from (f"{relation.name}__{far.name}" for far in relation.related_model._meta.concrete_fields)


@pytest.mark.parametrize("label", LISTS)
def test_only_what_the_filters_declare_can_be_asked(label, chief):
    screen = LISTS[label]
    listing, request = asked_of(screen, chief.user)
    assert not [name for name in listing.accepted for word in SECRET_FIELD_NAMES if word in name]
    names = set(names_of(screen.model))
    lookups = {f"{field.name}__{lookup}" for field in screen.model._meta.concrete_fields for lookup in LOOKUPS}
    for lookup in sorted((lookups | names | {f"{name}__gte" for name in names}) - listing.accepted):
        request.GET = QueryDict(f"{lookup}=1")
        with pytest.raises(BadParameter, match=re.escape(lookup)):
            listing.get_filters(request)


@pytest.mark.parametrize("label", LISTS)
def test_lists_and_exports_refuse_alike_and_in_words(label, chief):
    address = reverse(SCREENS[label]._route("changelist"))
    for path in ("", "export.csv", "export.xlsx"):
        for query in (
            {"id__gte": "0"},
            {"pk": "1"},
            {"nonsense": ""},
            {"_popup": "1"},
            {"_facets": ""},
            {"e": "1"},
            {"_to_field": "password"},
            {"o": "99"},
            {"o": "x"},
            {"o": "--1"},
            {"o": "1.1.1.1.1.1.1.1.1.1.1"},
            {"q": "\x00"},
            {"q": "x" * 201},
            {"a\x00": "1"},
            {"p": "-1"},
            {"p": "9" * 20},
            {"p": "²"},
            {"p": "x"},
            {"q": ["a", "b"]},
            {"q": ["a", ""]},
        ):
            answer = chief.get(f"{address}{path}", query)
            assert answer.status_code == 400, (path, query)
            name = next(iter(query)).replace("\x00", "")
            assert f"{name}: " in unescape(answer.content.decode()), (path, query)


def test_nobody_finds_out_a_password_hash_by_what_lists_and_exports_answer(guest, chief):
    secret = User.objects.get(pk=chief.user.pk).password
    UserFactory.create()
    answers = set()
    for guess in (secret, secret[:10], "argon2$zzzz"):
        for lookup in ("", "__gte", "__startswith", "__regex", "__in"):
            for owner in ("password", "held_roles__user__password"):
                for path in ("", "export.csv"):
                    query = {"q": chief.user.email, f"{owner}{lookup}": guess}
                    answer = guest.get(f"{USERS}{path}", query)
                    text = re.sub(r"[0-9a-f-]{36}|[\w]+__?\w*: ", "", answer.content.decode())
                    answers.add((answer.status_code, len(re.findall("olha@example.com", text))))
    assert answers == {(400, 0)}


def test_the_search_and_the_order_of_no_screen_reach_a_secret(chief):
    for label, screen in LISTS.items():
        listing, _ = asked_of(screen, chief.user)
        orders = [listing.get_ordering_field(column) for column in listing.list_display]
        for name in (*screen.search_fields, *map(str, orders), screen.date_hierarchy or ""):
            assert not [word for word in SECRET_FIELD_NAMES if word in name], (label, name)


VALUES = [
    (INVOICES, {"status__exact": "nonsense"}),
    (INVOICES, {"status__isnull": "nonsense"}),
    (INVOICES, {"overdue": "maybe"}),
    (INVOICES, {"currency": "XXQ"}),
    (INVOICES, {"due_date_from": "99999999999-01-01"}),
    (INVOICES, {"due_date_from": "2026-02-30"}),
    (INVOICES, {"due_date_to": "9999-12-31"}),
    (INVOICES, {"issue_date_to": "soon"}),
    (INVOICES, {"status__exact": "sent\x00"}),
    (INVOICES, {"status__exact": ["sent", "draft"]}),
    (USERS, {"roles__id__exact": "nonsense"}),
    (USERS, {"is_active__exact": "perhaps"}),
    (AUDIT, {"created_at_from_0": "x"}),
    (AUDIT, {"created_at_to_0": "2026-01-31", "created_at_to_1": "25:00"}),
    (AUDIT, {"resource": "nonsense"}),
    ("/admin/jobs/job/", {"status": "nonsense"}),
    ("/admin/jobs/job/", {"task": "nonsense"}),
    ("/admin/contracts/contract/", {"expiring": "31"}),
    ("/admin/notifications/notification/", {"read": "x"}),
    ("/admin/inventory/stock/", {"warehouse__id__exact": "1"}),
    ("/admin/inventory/stock/", {"low": "x"}),
]


@pytest.mark.parametrize(("address", "query"), VALUES)
def test_a_value_that_a_filter_cannot_use_is_refused_and_never_ignored(address, query, chief):
    for path in ("", "export.csv"):
        answer = chief.get(f"{address}{path}", query)
        assert answer.status_code == 400
        assert any(name.rstrip("01") in answer.content.decode() for name in query)


def test_a_filter_with_a_single_choice_still_filters(chief):
    warehouse = inventory.stocked().warehouse_id
    page = chief.get("/admin/inventory/stock/", {"warehouse__id__exact": "01972b15-8000-7000-8000-000000000001"})
    assert page.context["cl"].result_count == 0
    assert chief.get("/admin/inventory/stock/", {"warehouse__id__exact": warehouse}).context["cl"].result_count == 1


@pytest.mark.parametrize(("language", "day"), [("en", "2026-01-31"), ("de", "31.01.2026"), ("uk", "31.01.2026")])
def test_days_are_read_as_the_page_writes_them(chief, language, day):
    chief.user.language = language
    chief.user.save(update_fields=["language"])
    listing = chief.get(AUDIT, {"created_at_from_0": day}).context["cl"]
    assert 0 == chief.get(AUDIT, {"created_at_to_0": day}).context["cl"].queryset.count() < listing.queryset.count()
    for query in ({"due_date_from": day}, {"due_date_to": "2026-01-31"}, {"due_date_from": ["", day]}):
        assert chief.get(INVOICES, query).status_code == 200


def test_the_last_day_is_included(chief):
    made = draft()
    assert chief.get(INVOICES, {"issue_date_to": ""}).context["cl"].result_count == 1
    orders = f"/admin/billing/order/?created_at_to={made.created_at:%Y-%m-%d}"
    assert chief.get(orders).status_code == 200


@pytest.mark.parametrize("label", [label for label, screen in LISTS.items() if screen.bulk_actions])
def test_rows_that_cannot_be_are_not_acted_on(label, chief):
    address, action = reverse(SCREENS[label]._route("changelist")), SCREENS[label].bulk_actions[0]
    for selected in ("x", "\x00", "9" * 30):
        answer = chief.post(address, {"action": action, "_selected_action": ["1", selected], "index": "0"})
        assert answer.status_code == 400
        assert "_selected_action: " in answer.content.decode()


def test_the_page_after_the_last_is_the_last(chief):
    for _ in range(51):
        CustomerFactory.create()
    assert chief.get("/admin/parties/customer/", {"p": "7"}).context["cl"].page_num == 2


def addresses(patterns, prefix="/admin/"):
    """Return every path of the back office, with an unknown id where one is needed."""
    for pattern in patterns:
        route = prefix + re.sub(r"<[^>]+>", "01972b15-8000-7000-8000-000000000001", str(pattern.pattern))
        if isinstance(pattern, URLResolver):
            yield from addresses(pattern.url_patterns, route)
        elif isinstance(pattern, URLPattern):
            yield route


def test_every_page_refuses_a_parameter_that_it_does_not_know(chief):
    root = next(found for found in get_resolver().url_patterns if str(found.pattern) == "admin/")
    assert isinstance(root, URLResolver)
    tried = 0
    for address in addresses(root.url_patterns):
        if "(" in address or "/login/" in address or "/messenger/api/" in address:
            continue  # Django's redirects; the sign-in page; the API, which has its own checks
        assert chief.get(address, {"nonsense": "1"}).status_code in (400, 405), address
        tried += 1
    assert tried > 200


@pytest.mark.parametrize(
    "address",
    [
        "search/?s=a&part=1",
        "parties/customer/pick/?term=a&_type=query&q=a&page=1",
        "contracts/contract/parties/?term=a",
        "ledger/",
        "trial-balance/?format=csv",
    ],
)
def test_pages_answer_to_what_they_know(chief, address):
    assert chief.get(f"/admin/{address}").status_code == 200


@pytest.mark.parametrize(
    "address",
    [
        "?currency=nonsense",
        "search/?s=" + "x" * 201,
        "search/?s=a&s=b",
        "parties/customer/pick/?page=²",
        "parties/customer/pick/?page=0",
        "contracts/contract/parties/?page=99999999999999999999",
        "trial-balance/?format=pdf",
        "trial-balance/?as_of=x",
        "trial-balance/?from_date=99999999999-01-01",
        "ledger/?account=x",
        "ledger/?account=%00",
        "ledger/?cursor=x",
        "receivables-aging/?as_of=2026-02-30",
        "parties/customer/add/?name=x",
        "autocomplete/?app_label=identity&model_name=user&field_name=password&term=a",
    ],
)
def test_pages_refuse_what_they_cannot_use(chief, address):
    assert chief.get(f"/admin/{address}").status_code == 400


def test_there_is_no_autocomplete_beside_picking(chief):
    assert chief.get("/admin/autocomplete/").status_code == 404


def test_every_link_of_ours_is_one_that_its_page_accepts(chief):
    for row in TABLE:
        row.make()
    sent()
    starts = ["/admin/", *(reverse(screen._route("changelist")) for screen in LISTS.values())]
    starts += [page.url for page in pages.registered().values()]
    found = set()
    for start in starts:
        html = chief.get(start).content.decode()
        found |= {urljoin(start, unescape(link)) for link in re.findall(r'href="([^"]*\?[^"]*)"', html)}
    links = {link for link in found if link.startswith("/admin/") and "?" in link}
    assert len(links) > 100
    kinds = {(link.partition("?")[0], frozenset(re.findall(r"[?&](\w+)=", link))): link for link in links}
    assert not {link for link in kinds.values() if chief.get(link).status_code >= 400}


def test_half_a_moment(chief):
    """A day without a time is a whole day, and the form says so; a time without a day narrows nothing."""
    log = reverse("admin:audit_auditentry_changelist")
    day = chief.user.created_at.date().isoformat()
    page = chief.get(log, {"created_at_from_0": day, "created_at_to_0": day, "resource": "users"}).content.decode()
    assert "olha@example.com" in page
    assert "23:59:59" in page
    assert "Enter a valid time." not in page
    assert chief.get(log, {"created_at_from_1": "10:30"}).status_code == 200
