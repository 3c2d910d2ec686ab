"""Countries over the API, and their seed."""

import time

import pytest
from django.core.management import call_command

from parties.countries.dataset import load
from parties.models import Country
from parties.services import seed_countries
from parties.tests.factories import CountryFactory
from skeleton.audit.models import AuditEntry

pytestmark = pytest.mark.django_db

NEW = {"code": "QX", "name": {"en": "Xanadu"}}
OPTIONAL = {
    "alpha3": "QXX",
    "numeric_code": "909",
    "phone_code": "+999",
    "currency_code": "EUR",
    "region": "Asia",
    "flag_emoji": "🏴",
}


def test_seed_fills_all_then_does_nothing(capsys):
    call_command("seed_countries")
    call_command("seed_countries")
    assert capsys.readouterr().out.splitlines() == ["Countries: 249 made.", "Countries: 0 made."]
    rows = {country.id: country for country in Country.objects.all()}
    for record in load():
        row = rows[record.id]
        assert (row.code, row.alpha3, row.numeric_code, row.name) == (
            record.code,
            record.alpha3,
            record.numeric_code,
            record.name,
        )
        assert (row.phone_code, row.currency_code or "", row.region, row.flag_emoji, row.is_active) == (
            record.phone_code,
            record.currency_code,
            record.region,
            record.flag_emoji,
            True,
        )


def test_seed_never_overwrites_and_fills_what_is_missing(owner):
    own = CountryFactory.create(code="PL", name={"en": "Our Poland"})
    seed_countries()
    ukraine = Country.objects.get(code="UA")
    path = f"/countries/{ukraine.pk}"
    owner.put(path, {"name": {"en": "Ukraine!"}, "region": ""}).ok()
    owner.patch(f"{path}/deactivate").ok()
    Country.objects.filter(code="FR").delete()
    before = owner.get(path).ok()
    assert seed_countries() == 1
    assert owner.get(path).ok() == before
    assert Country.objects.get(code="PL").pk == own.pk
    assert Country.objects.count() == 249


def test_seed_is_quick():
    began = time.perf_counter()
    seed_countries()
    first = time.perf_counter() - began
    seed_countries()
    assert first < 2
    assert AuditEntry.objects.filter(resource="countries", action="seed").count() == 249


def test_two_statements_seed_all(django_assert_max_num_queries):
    with django_assert_max_num_queries(5):  # what is there, begin, who, insert, commit
        seed_countries()
    with django_assert_max_num_queries(1):
        seed_countries()


def test_the_list_is_whole_and_in_the_order_of_english_names(owner, django_assert_num_queries):
    seed_countries()
    with django_assert_num_queries(2):
        data = owner.get("/countries").ok()["data"]
    english = [country["name"]["en"] for country in data]
    assert len(english) == 249
    assert english == sorted(english)


def test_filters(owner):
    seed_countries()
    path = f"/countries/{Country.objects.get(code='UA').pk}/deactivate"
    owner.patch(path).ok()

    def codes(**query):
        return {country["code"] for country in owner.get("/countries", **query).ok()["data"]}

    assert codes(is_active="false") == {"UA"}
    assert len(codes(is_active="true")) == 248
    assert codes(search="україна") == codes(search="УКРА", region="Europe") == {"UA"}
    assert "DE" in codes(search="deutschl")
    assert "UA" in codes(search="ukr")
    assert codes(search="uk", region="Antarctica") == set()  # the languages' own codes are not searched
    assert codes(search="%") == codes(search="%ukraine") == set()
    assert len(codes(search='"')) == 249  # no word
    assert len(codes(region="Antarctica")) == 1
    for query in ({"is_active": "1"}, {"page": "1"}, {"limit": "5"}, {"colour": "red"}):
        owner.get("/countries", **query).refused(400)


def test_code_is_upper_cased_unique_and_stays(owner):
    made = owner.post("/countries", {**NEW, "code": "qx"}).ok(201)
    assert made["code"] == "QX"
    owner.post("/countries", NEW).refused(409, "code")
    assert owner.put(f"/countries/{made['id']}", {"code": "ZZ"}).ok()["code"] == "QX"


@pytest.mark.parametrize("field", OPTIONAL)
def test_null_keeps_and_an_empty_text_clears(owner, field):
    made = owner.post("/countries", {**NEW, **OPTIONAL}).ok(201)
    assert {name: made[name] for name in OPTIONAL} == OPTIONAL
    path = f"/countries/{made['id']}"
    assert owner.put(path, {field: None}).ok() == made
    assert owner.patch(path, {}).ok() == made
    cleared = owner.patch(path, {field: ""}).ok()
    assert {**cleared, "updated_at": 0} == {**made, field: None, "updated_at": 0}
    assert owner.post("/countries", {"code": "QY", "name": {"en": "Y"}, field: None}).ok(201)[field] is None


def test_name_is_replaced_as_a_whole(owner):
    path = f"/countries/{CountryFactory.create(name={'en': 'A', 'uk': 'А'}).pk}"
    assert owner.put(path, {"name": {"en": "B", "fr": "B"}}).ok()["name"] == {"en": "B", "fr": "B"}
    assert owner.put(path, {"name": None}).ok()["name"] == {"en": "B", "fr": "B"}


@pytest.mark.parametrize(
    "body, field",
    [
        ({"name": {"en": "X"}}, "code"),
        ({"code": "QX"}, "name"),
        ({**NEW, "code": "Q"}, "code"),
        ({**NEW, "code": "QXX"}, "code"),
        ({**NEW, "code": "1A"}, "code"),
        ({**NEW, "code": None}, "code"),
        ({**NEW, "code": 7}, "code"),
        ({**NEW, "code": "ßQ"}, "code"),
        ({**NEW, "name": {}}, "name"),
        ({**NEW, "name": {"uk": "X"}}, "name"),
        ({**NEW, "name": {"en": ""}}, "name"),
        ({**NEW, "name": {"en": " "}}, "name"),
        ({**NEW, "name": {"en": None}}, "name"),
        ({**NEW, "name": "X"}, "name"),
        ({**NEW, "name": ""}, "name"),
        ({**NEW, "name": {"en": 5}}, "name"),
        ({**NEW, "alpha3": "QX"}, "alpha3"),
        ({**NEW, "numeric_code": "12"}, "numeric_code"),
        ({**NEW, "numeric_code": 804}, "numeric_code"),
        ({**NEW, "phone_code": "380"}, "phone_code"),
        ({**NEW, "phone_code": "+"}, "phone_code"),
        ({**NEW, "currency_code": "ZZZ"}, "currency_code"),
        ({**NEW, "region": "x" * 51}, "region"),
        ({**NEW, "flag_emoji": "x" * 17}, "flag_emoji"),
        ({**NEW, "planet": "Earth"}, "planet"),
        ({**NEW, "planet": None}, "planet"),
    ],
)
def test_bad_input(owner, body, field):
    owner.post("/countries", body).refused(422, field)
    assert not Country.objects.exists()


def test_switching(owner):
    path = f"/countries/{CountryFactory.create().pk}"
    assert owner.patch(f"{path}/activate").refused(409)["details"] == {"allowed": ["deactivate"]}
    assert owner.patch(f"{path}/deactivate").ok()["is_active"] is False
    assert owner.patch(f"{path}/deactivate").refused(409)["details"] == {"allowed": ["activate"]}
    assert owner.put(path, {"is_active": True}).ok()["is_active"] is False
    assert owner.patch(f"{path}/activate").ok()["is_active"] is True
    owner.patch("/countries/01972b15-8000-7000-8000-00000000ffff/activate").refused(404)
    owner.patch("/countries/UA/activate").refused(404)


def test_who_may(holding, viewer, outsider, anonymous):
    seed_countries()
    viewer.get("/countries").ok()
    viewer.post("/countries", NEW).refused(403)
    outsider.get("/countries").refused(403)
    anonymous.get("/countries").refused(401)
    holding("countries:write").post("/countries", {**NEW}).ok(201)
