"""What is not shown cannot be asked about: the parameters that a list takes, tried on every column of every screen."""

import itertools

import pytest
from django.contrib import admin
from django.core.exceptions import BadRequest
from django.db.models import ForeignKey
from django.http import QueryDict
from django.urls import reverse
from django.utils.http import urlencode

from skeleton.identity.models import User

pytestmark = pytest.mark.django_db

LOOKUPS = {
    "": "x",
    "__exact": "x",
    "__iexact": "x",
    "__startswith": "a",
    "__contains": "a",
    "__regex": "[",
    "__iregex": "(a{1,100}){1,100}",
    "__gte": "argon2$",
    "__lt": "zzz",
    "__range": "a,z",
    "__in": "a,b",
    "__isnull": "0",
    "__year": "99999999999",
    "__date": "2026-01-01",
}
SCREENS = sorted(admin.site._registry.values(), key=lambda screen: screen.opts.label_lower)
each_screen = pytest.mark.parametrize("screen", SCREENS, ids=lambda screen: screen.opts.label_lower)
NASTY = ("x", "\x00", "99999999999999999999", "0001-01-01", "10000-01-01", "[")
BAD_REQUEST = 400


def columns_of(model):
    """Every column, and those of the rows that it refers to."""
    for field in model._meta.concrete_fields:
        yield field.name
        if isinstance(field, ForeignKey):
            yield from (f"{field.name}__{other.name}" for other in field.related_model._meta.concrete_fields)
    yield from (field.name for field in model._meta.many_to_many)


def offered_by(screen, client):
    """The parameters of the screen's filters, and of our own links."""
    request = client.get(screen.list_page).wsgi_request
    specs = screen.get_changelist_instance(request).get_filters(request)[0]
    expected = itertools.chain.from_iterable(spec.expected_parameters() for spec in specs)
    # a filter with one choice is not shown, but takes its parameter
    named = [f"{name}{lookup}" for name in screen.list_filter for lookup in ("__exact", "__id__exact", "__isnull")]
    return {*expected, *named, *screen.linked_lookups}


def addresses(screen):
    return [screen.list_page, *(screen.address("export", kind) for kind in ("csv", "xlsx"))]


def is_taken(screen, request, **asked):
    """Whether the list that is shown, and exported, takes the parameters."""
    request.GET = QueryDict(urlencode(asked))
    try:
        screen.get_changelist_instance(request)
    except BadRequest:
        return False
    return True


@each_screen
def test_a_list_takes_no_lookup_but_those_of_its_filters(screen, chief):
    offered = offered_by(screen, chief)
    request = chief.get(screen.list_page).wsgi_request
    names = [f"{column}{lookup}" for column in columns_of(screen.model) for lookup in LOOKUPS]
    refused = [name for name in names if name not in offered]
    assert len(refused) > 20
    values = {f"{column}{lookup}": value for column in columns_of(screen.model) for lookup, value in LOOKUPS.items()}
    assert [name for name in refused if is_taken(screen, request, **{name: values[name]})] == []
    if screen.has_module_permission(request) and chief.get(screen.list_page).status_code == 302:
        return  # a list of one, which leads to its page
    for address, name in zip(itertools.cycle(addresses(screen)), refused[:: len(refused) // 6], strict=False):
        assert chief.get(address, {name: values[name]}).status_code == BAD_REQUEST


@each_screen
def test_what_a_filter_takes_is_understood_or_refused(screen, chief):
    """Never a fault of ours, whatever the value, and no row is shown for a choice that does not exist."""
    request = chief.get(screen.list_page).wsgi_request
    for name, value in itertools.product(sorted(offered_by(screen, chief)), NASTY):
        if is_taken(screen, request, **{name: value}):
            answer = chief.get(screen.address("export", "csv"), {name: value})
            assert answer.status_code == 200, (name, value)
            b"".join(answer.streaming_content)


@each_screen
@pytest.mark.parametrize("name", ["p", "o", "q", "all", "e", "_facets", "_popup", "_to_field", "pp"])
def test_what_django_takes_is_understood_or_refused(screen, name, chief):
    for value in ("", "x", "\x00", "99999999999999999999", "-1", "0.1.2", "1.-1"):
        answer = chief.get(screen.list_page, {name: value})
        assert answer.status_code in (200, 302, BAD_REQUEST), (name, value, answer.status_code)


def test_a_hash_cannot_be_guessed(guest, chief):
    """As in an attack that was made: the viewer asks about a prefix of the administrator's password hash."""
    hashed = User.objects.get(pk=chief.user.pk).password
    users = reverse("admin:identity_user_changelist")
    for lookup in ("password", "password__startswith", "password__gte", "password__regex", "sessions__token_hash__gte"):
        for guess in (hashed[:12], "zzz"):
            for address in (users, f"{users}export.csv", f"{users}export.xlsx"):
                answer = guest.get(address, {"email": chief.user.email, lookup: guess})
                assert answer.status_code == BAD_REQUEST
    entry = reverse("admin:billing_invoice_changelist")
    assert guest.get(entry, {"created_by__password__gte": "argon2"}).status_code == BAD_REQUEST


@pytest.mark.parametrize(
    "address", ["/admin/autocomplete/", "/admin/jsi18n/", "/admin/r/1/1/", "/admin/password_reset/"]
)
def test_django_s_own_doors_tell_nothing(address, guest):
    asked = {"app_label": "billing", "model_name": "invoice", "field_name": "created_by", "term": "a"}
    assert guest.get(address, asked).status_code in (200, 403, 404)
    assert "olha" not in guest.get(address, asked).content.decode()


def test_the_refusal_says_what_to_do(guest):
    answer = guest.get(reverse("admin:parties_customer_changelist"), {"email__regex": "["})
    assert "Open the list and use its filters." in answer.content.decode()
    answer = guest.get(reverse("admin:parties_customer_changelist"), {"q": "x" * 201})
    assert answer.status_code == BAD_REQUEST
    assert "200" in answer.content.decode()


def test_a_day_without_a_time_is_a_whole_day(chief):
    day = chief.user.created_at.date().isoformat()
    log = reverse("admin:audit_auditentry_changelist")
    for asked in (
        {"created_at_from_0": day},
        {"created_at_to_0": day},
        {"created_at_from_0": day, "created_at_to_0": day},
    ):
        assert "olha@example.com" in chief.get(log, {**asked, "resource": "users"}).content.decode()
    assert chief.get(log, {"created_at_from_0": "yesterday"}).status_code == BAD_REQUEST


@each_screen
def test_a_bulk_action_on_what_is_no_row_is_refused(screen, chief):
    """The ids come from the page, or from somebody who wrote their own."""
    for action in ("", "nonsense", *screen.bulk_acts):
        for chosen in ([], ["x"], ["\x00"], ["9" * 40]):
            form = {"action": action, "_selected_action": chosen, "index": "x", "select_across": "1"}
            assert chief.post(screen.list_page, form).status_code in (200, 302, BAD_REQUEST, 403)
