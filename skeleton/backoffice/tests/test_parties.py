"""Parties and countries in the back office: the API's rules, with errors at the fields."""

import pytest

from parties.models import Country, Customer, Supplier
from parties.tests.factories import CountryFactory, CustomerFactory, SupplierFactory, UkraineFactory
from skeleton.audit.models import AuditEntry

pytestmark = pytest.mark.django_db

CUSTOMERS = "/admin/parties/customer/"
SUPPLIERS = "/admin/parties/supplier/"
COUNTRIES = "/admin/parties/country/"


def text(response):
    return response.content.decode()


def last_entry():
    return AuditEntry.objects.order_by("-id").first()


def sent(party=None, addresses=(), **fields):
    """Return what a browser posts: the party's fields, and its addresses as a formset."""
    existing = list(party.addresses.order_by("pk")) if party else []
    names = ("name", "email", "phone", "tax_id", "website")
    shown = {name: getattr(party, name) or "" for name in names} if party else dict.fromkeys(names, "")
    body = {**shown, "social_media": "", "credit_limit": "0", "currency": "USD", **fields}
    body |= {"addresses-TOTAL_FORMS": len(addresses), "addresses-INITIAL_FORMS": len(existing)}
    for n, address in enumerate(addresses):
        values = {
            "type": "billing",
            "street": "",
            "city": "",
            "region": "",
            "postal_code": "",
            "country": "",
            **address,
        }
        if n < len(existing):
            values |= {"id": existing[n].pk, "party": party.pk}
        body |= {f"addresses-{n}-{name}": value for name, value in values.items()}
    return body


def test_all_mistakes_are_told_at_once(clerk):
    """Those that the form finds, and those that only the API's fields find."""
    wrong = sent(name="Acme", email="no address", credit_limit="much", vat_id="DE123456789")
    answer = clerk.post(f"{CUSTOMERS}add/", wrong)
    assert set(answer.context["adminform"].form.errors) == {"email", "credit_limit", "vat_id"}
    at_the_top = {text for errors in answer.context["errors"] for text in errors}
    assert at_the_top == {text for errors in answer.context["adminform"].form.errors.values() for text in errors}
    assert not Customer.objects.exists()


def test_a_customer_with_addresses_and_money_as_people_write_it(clerk):
    ukraine = UkraineFactory.create()
    posted = sent(
        name="Acme",
        email="acme@example.com",
        credit_limit="1550.5",
        social_media="x: https://x.com/acme",
        addresses=[{"city": "Kyiv", "country": ukraine.pk}, {"type": "shipping", "city": "Lviv"}],
    )
    response = clerk.post(f"{CUSTOMERS}add/", posted)
    assert response.status_code == 302, response.context["adminform"].form.errors
    made = Customer.objects.get()
    assert (made.credit_limit, made.currency, made.social_media) == (155050, "USD", {"x": "https://x.com/acme"})
    assert [address.city for address in made.addresses.order_by("pk")] == ["Kyiv", "Lviv"]
    assert last_entry().actor_email == "carl@example.com"
    assert "1,550.50 USD" in text(clerk.get(CUSTOMERS))


@pytest.mark.parametrize(
    "fields, field",
    [
        ({"phone": "call me"}, "phone"),
        ({"website": "ftp://nowhere"}, "website"),
        ({"credit_limit": "1.005"}, "credit_limit"),
        ({"credit_limit": "-1"}, "credit_limit"),
        ({"credit_limit": "99999999999999999999"}, "credit_limit"),
        ({"name": " "}, "name"),
        ({"email": "nobody"}, "email"),
        ({"social_media": "nonsense"}, "social_media"),
    ],
)
def test_each_mistake_is_told_at_its_field_and_nothing_typed_is_lost(clerk, fields, field):
    posted = sent(**{"name": "Acme", "email": "a@example.com", "tax_id": "UA-12", **fields})
    posted |= {"addresses-TOTAL_FORMS": 1, "addresses-0-type": "billing", "addresses-0-city": "Kyiv"}
    response = clerk.post(f"{CUSTOMERS}add/", posted)
    assert response.status_code == 200
    assert field in response.context["adminform"].form.errors
    assert 'value="UA-12"' in text(response)
    assert 'value="Kyiv"' in text(response)
    assert not Customer.objects.exists()


def test_a_suppliers_address_is_asked_for_field_by_field(clerk):
    response = clerk.post(f"{SUPPLIERS}add/", sent(name="S", email="s@example.com", addresses=[{"city": "Kyiv"}]))
    (errors,) = response.context["inline_admin_formsets"][0].formset.errors
    assert set(errors) == {"street", "country"}
    response = clerk.post(f"{SUPPLIERS}add/", sent(name="S", email="s@example.com"))
    assert "At least 1 needed." in text(response)
    assert not Supplier.objects.exists()


def test_changing_one_thing_writes_one_thing(clerk):
    party = CustomerFactory.create(name="Old", email="o@example.com")
    before = AuditEntry.objects.count()
    clerk.post(f"{CUSTOMERS}{party.pk}/change/", sent(party, name="New"))
    assert AuditEntry.objects.count() == before + 1
    assert last_entry().changes == {"name": ["Old", "New"]}
    clerk.post(f"{CUSTOMERS}{party.pk}/change/", sent(party, name="New"))
    assert AuditEntry.objects.count() == before + 1, "nothing changed, nothing written"


def test_addresses_are_changed_and_deleted_with_their_party(clerk):
    party = CustomerFactory.create()
    for city in ("Kyiv", "Lviv"):
        party.addresses.create(city=city)
    posted = sent(party, addresses=[{"city": "Kyiv"}, {"city": "Lviv"}])
    clerk.post(f"{CUSTOMERS}{party.pk}/change/", {**posted, "addresses-0-DELETE": "on", "addresses-1-city": "Odesa"})
    assert [address.city for address in party.addresses.all()] == ["Odesa"]


def test_status_by_the_services(clerk):
    party, other = CustomerFactory.create(), CustomerFactory.create()
    clerk.post(f"{CUSTOMERS}{party.pk}/blacklist/")
    party.refresh_from_db()
    assert party.status == "blacklisted"
    assert (last_entry().action, last_entry().actor_email) == ("blacklist", "carl@example.com")
    again = clerk.post(f"{CUSTOMERS}{party.pk}/blacklist/")
    assert "already blacklisted" in text(again)
    chosen = [party.pk, other.pk]
    response = clerk.post(CUSTOMERS, {"action": "blacklist", "_selected_action": chosen}, follow=True)
    assert "Blacklist: done for 1." in text(response)
    assert "already blacklisted" in text(response)


def test_each_screen_shows_its_own_kind(clerk):
    customer, supplier = CustomerFactory.create(name="Only Customer"), SupplierFactory.create(name="Only Supplier")
    assert "Only Supplier" not in text(clerk.get(CUSTOMERS))
    assert clerk.get(f"{CUSTOMERS}{supplier.pk}/change/").status_code == 302
    assert clerk.get(f"{CUSTOMERS}{customer.pk}/change/").status_code == 200


@pytest.mark.parametrize("term", ["ГРУША", "груша", "12-34", "%"])
def test_search_takes_anything_in_any_case(clerk, term):
    CustomerFactory.create(name="Велика Груша", tax_id="UA 12-34")
    page = clerk.get(CUSTOMERS, {"q": term})
    assert page.status_code == 200
    assert ("Велика Груша" in text(page)) == (term not in "%")


def test_picking_offers_active_customers_to_those_who_may_see_them(clerk, staff):
    CustomerFactory.create(name="Pick Me")
    CustomerFactory.create(name="Pick Not", status="inactive")
    found = clerk.get(f"{CUSTOMERS}pick/", {"term": "pick"}).json()
    assert [row["text"] for row in found["results"]] == ["Pick Me"]
    assert staff("invoices:read").get(f"{CUSTOMERS}pick/").status_code == 403


def test_countries(clerk):
    posted = {"code": "xk", "name": "en: Kosovo\nde: Kosovo", "alpha3": "XKX", "currency_code": "EUR"}
    response = clerk.post(f"{COUNTRIES}add/", posted)
    assert response.status_code == 302, response.context["adminform"].form.errors
    country = Country.objects.get(code="XK")
    assert country.name == {"en": "Kosovo", "de": "Kosovo"}
    change = {"name": "de: Kosovo", "alpha3": "", "currency_code": ""}
    response = clerk.post(f"{COUNTRIES}{country.pk}/change/", change)
    assert "name" in response.context["adminform"].form.errors
    clerk.post(f"{COUNTRIES}{country.pk}/change/", {**change, "name": "en: Kosovo"})
    country.refresh_from_db()
    assert (country.alpha3, country.currency_code) == (None, None)
    clerk.post(f"{COUNTRIES}{country.pk}/deactivate/")
    assert last_entry().action == "deactivate"


def test_a_code_that_is_taken_is_told_at_the_code(clerk):
    CountryFactory.create(code="XA")
    response = clerk.post(f"{COUNTRIES}add/", {"code": "XA", "name": "en: Again"})
    assert list(response.context["adminform"].form.errors) == ["code"]


@pytest.mark.parametrize(
    ("language", "term", "shown"),
    [
        ("de", "Osterreich", "Österreich"),
        ("uk", "австрія", "Австрія"),
        ("en", "AUSTRIA", "Austria"),
        ("de", "at", "Österreich"),
    ],
)
def test_countries_are_picked_by_their_name_in_any_language(clerk, language, term, shown):
    names = {"en": "Austria", "de": "Österreich", "uk": "Австрія"}
    austria = CountryFactory.create(code="AT", alpha3="AUT", name=names, flag_emoji="")
    clerk.user.language = language
    clerk.user.save(update_fields=["language"])
    (found,) = clerk.get(f"{COUNTRIES}pick/", {"term": term}).json()["results"]
    assert found == {"id": str(austria.pk), "text": shown}
    assert f"select2/i18n/{language}.js" in text(clerk.get(f"{CUSTOMERS}add/"))


def test_names_are_found_and_stored_alike_in_pages(clerk):
    posted = sent(name="Cafe\u0301 \u202eEl\u200bla", email="ella@example.com", phone="044/1234567")
    assert clerk.post(f"{CUSTOMERS}add/", posted).status_code == 302
    made = Customer.objects.get()
    assert (made.name, made.phone) == ("Café Ella", "044/1234567")
    assert clerk.get(CUSTOMERS, {"q": "ella cafe"}).context["cl"].result_count == 1
    refused = clerk.post(f"{CUSTOMERS}add/", sent(name="\u3164", email="b@example.com"))
    assert refused.status_code == 200
    assert "name" in refused.context["adminform"].form.errors
