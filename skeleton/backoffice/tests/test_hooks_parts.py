"""Subclasses that narrow what a page shows of a record, its parts and its actions: nothing hidden is lost or done."""

from typing import Any

import pytest
from django.core.exceptions import ValidationError as DjangoValidationError
from django.db.models import Model
from django.http import HttpResponse
from rest_framework.serializers import ValidationError
from unfold.decorators import action as unfold_action

from inventory.models import Category, Item
from inventory.serializers import CategoryInputSerializer, CategorySerializer
from parties.admin import AddressFormSet, AddressInline, CustomerAdmin
from parties.models import Address, Customer
from parties.serializers import CustomerInputSerializer
from parties.tests.factories import CustomerFactory
from skeleton.backoffice.tests.test_hooks_access import (
    CATEGORIES,
    CATEGORY,
    CUSTOMERS,
    importer,  # noqa: F401  # a fixture
    messages,
    subclassed,  # noqa: F401  # a fixture
)
from skeleton.office.actions import admin_action, download
from skeleton.office.admins import ReadOnlyInline, TabularChildInline
from skeleton.office.forms import RecordForm
from skeleton.office.records import RecordAdmin

pytestmark = pytest.mark.django_db

FIELDS = ("name", "email", "phone", "tax_id", "website", "social_media", "credit_limit", "currency")
KYIV = {"type": "billing", "city": "Kyiv", "street": "Main 1"}
LVIV = {"type": "shipping", "city": "Lviv", "street": "Side 2"}


def _never(self: Any, request: Any, obj: Any = None) -> bool:
    return False


def _without_lviv(self: Any, request: Any) -> Any:
    return AddressInline.get_queryset(self, request).exclude(city="Lviv")


@pytest.fixture
def customer(db: None) -> Any:
    found = Customer.objects.get(pk=CustomerFactory.create().pk)
    Address.objects.filter(party_id=found.pk).delete()
    for values in (KYIV, LVIV):
        Address.objects.create(party_id=found.pk, postal_code="01001", **values)
    return found


def posted(customer: Any, *addresses: dict[str, str]) -> dict[str, str]:
    """Return the page's input, with these changes of the stored addresses."""
    stored = {address.city: address.pk for address in Address.objects.filter(party_id=customer.pk)}
    body = {name: str(getattr(customer, name) or "") for name in FIELDS} | {"social_media": ""}
    count = str(len(addresses))
    body |= {"addresses-TOTAL_FORMS": count, "addresses-INITIAL_FORMS": count}
    for n, address in enumerate(addresses):
        values = {"id": str(stored[address["was"]]), "party": str(customer.pk), **address}
        body |= {f"addresses-{n}-{name}": value for name, value in values.items()}
    return body


def addresses_of(customer: Any) -> list[tuple[str | None, ...]]:
    found = Address.objects.filter(party_id=customer.pk).order_by("type")
    return list(found.values_list("type", "city", "street", "postal_code"))


KEPT = ("shipping", "Lviv", "Side 2", "01001")
CHANGED = ("billing", "Odesa", "Main 1", "01001")


@pytest.mark.parametrize(
    "hooks",
    [
        {"fields": ("type", "city")},
        {"exclude": ("street", "postal_code"), "fields": None},
        {"readonly_fields": ("street", "postal_code")},
        {"get_readonly_fields": lambda self, request, obj=None: ("street", "postal_code")},
    ],
)
def test_fields_that_an_inline_hides_are_kept(subclassed, chief, customer, hooks):  # noqa: F811
    inline = type("Narrow", (AddressInline,), {**hooks, "__module__": __name__})
    subclassed(Customer, CustomerAdmin, inlines=(inline,))
    rows = ({"was": "Kyiv", "type": "billing", "city": "Odesa"}, {"was": "Lviv", "type": "shipping", "city": "Lviv"})
    assert chief.post(f"{CUSTOMERS}{customer.pk}/change/", posted(customer, *rows)).status_code == 302
    assert addresses_of(customer) == [CHANGED, KEPT]


class NarrowFormSet(AddressFormSet):
    def get_queryset(self):
        return super().get_queryset().exclude(city="Lviv")


@pytest.mark.parametrize(
    "hooks",
    [
        {"get_queryset": _without_lviv},
        {"formset": NarrowFormSet},
        {"can_delete": False},
        {"has_delete_permission": _never},
        {},
    ],
)
def test_rows_without_a_form_are_kept(subclassed, chief, customer, hooks):  # noqa: F811
    inline = type("Narrow", (AddressInline,), {**hooks, "__module__": __name__})
    subclassed(Customer, CustomerAdmin, inlines=(inline,))
    row = {"was": "Kyiv", **KYIV, "city": "Odesa", "postal_code": "01001"}
    assert chief.post(f"{CUSTOMERS}{customer.pk}/change/", posted(customer, row)).status_code == 302
    assert addresses_of(customer) == [CHANGED, KEPT]


def test_a_row_is_deleted_by_its_checkbox(chief, customer):
    row = {"was": "Lviv", **LVIV, "postal_code": "01001", "DELETE": "on"}
    assert chief.post(f"{CUSTOMERS}{customer.pk}/change/", posted(customer, row)).status_code == 302
    assert addresses_of(customer) == [("billing", "Kyiv", "Main 1", "01001")]


@pytest.mark.parametrize("base, refused", [(TabularChildInline, True), (ReadOnlyInline, False)])
def test_an_inline_that_would_save_nothing_is_refused(subclassed, base, refused):  # noqa: F811
    inline = type("Items", (base,), {"model": Item, "fields": ("sku", "name"), "__module__": __name__})
    screen = subclassed(Category, RecordAdmin, **CATEGORY, inlines=(inline,))
    assert ("would save nothing" in messages(screen).get("E103", "")) is refused


# --- rules of input serializers ---------------------------------------------------------------------------------------


class FixedCategory(CategoryInputSerializer):
    """A name that never changes, and may only be given by someone with a permission."""

    def validate(self, attrs):
        if self.instance is not None and attrs.get("name", self.instance.name) != self.instance.name:
            raise ValidationError({"name": "It never changes."})
        if not self.context["request"].user.can("catalog:write"):
            raise ValidationError("It is not yours.")
        return attrs


def test_rules_about_the_stored_record_hold_in_forms(subclassed, chief):  # noqa: F811
    category = Category.objects.create(name="Cables")
    subclassed(Category, RecordAdmin, **{**CATEGORY, "update_input": FixedCategory, "create_input": FixedCategory})
    page = f"{CATEGORIES}{category.pk}/change/"
    assert "It never changes." in chief.post(page, {"name": "Wires", "description": ""}).content.decode()
    assert chief.post(page, {"name": "Cables", "description": "long"}).status_code == 302
    assert chief.post(f"{CATEGORIES}add/", {"name": "Pipes", "description": ""}).status_code == 302
    assert set(Category.objects.values_list("name", "description")) >= {("Cables", "long"), ("Pipes", None)}


class FixedCustomer(CustomerInputSerializer):
    def validate(self, attrs):
        if self.instance is not None and attrs.get("name", self.instance.name) != self.instance.name:
            raise ValidationError({"name": "It never changes."})
        return super().validate(attrs)


def test_rules_about_the_stored_record_hold_in_imports(subclassed, importer, customer):  # noqa: F811
    subclassed(Customer, CustomerAdmin, update_input=FixedCustomer)
    checked = importer.check(CUSTOMERS, f"id,name\n{customer.pk},Changed\n")
    assert checked.state == "refused"
    assert "It never changes." in str(checked.report)


# --- conditions of actions --------------------------------------------------------------------------------------------


def test_an_action_whose_condition_is_false_is_refused(subclassed, chief):  # noqa: F811
    ran = []

    @admin_action("Burn", condition=lambda category: category.name == "Wood")
    def burn(self, request, record, form):
        ran.append(record.name)
        return "Burnt."

    @download("Ashes", condition=lambda category: category.name == "Wood")
    def ashes(self, request, record):
        return HttpResponse("ashes")

    names = ("burn", "ashes")
    subclassed(Category, RecordAdmin, **CATEGORY, burn=burn, ashes=ashes, record_actions=names, bulk_actions=("burn",))
    cables, wood = (Category.objects.create(name=name) for name in ("Cables", "Wood"))
    assert "current state" in chief.post(f"{CATEGORIES}{cables.pk}/burn/").content.decode()
    assert chief.get(f"{CATEGORIES}{cables.pk}/ashes/").status_code == 302
    chief.post(CATEGORIES, {"action": "burn", "_selected_action": [str(cables.pk), str(wood.pk)]})
    assert ran == ["Wood"]
    assert chief.get(f"{CATEGORIES}{wood.pk}/ashes/").content == b"ashes"
    assert chief.post(f"{CATEGORIES}{wood.pk}/burn/").status_code == 302
    assert ran == ["Wood", "Wood"]


# --- forms and actions of Django and unfold ---------------------------------------------------------------------------


class SettingForm(RecordForm):
    def clean(self):
        self.instance.description = "set"
        return super().clean()

    class Meta:
        model = Category
        fields = ("name",)


def test_what_a_form_sets_on_its_instance_is_not_lost_in_silence(subclassed, chief):  # noqa: F811
    category = Category.objects.create(name="Cables", description="long")
    subclassed(Category, RecordAdmin, **{**CATEGORY, "fields": ("name",)}, form=SettingForm)
    with pytest.raises(TypeError, match="set it in cleaned_data"):
        chief.post(f"{CATEGORIES}{category.pk}/change/", {"name": "Wires"})


def test_clean_of_a_model_is_called(subclassed, chief, monkeypatch):  # noqa: F811
    def clean(self):
        if self.name == "Wood":
            raise DjangoValidationError({"name": "It burns."})

    monkeypatch.setattr(Category, "clean", clean)
    subclassed(Category, RecordAdmin, **CATEGORY)
    assert "It burns." in chief.post(f"{CATEGORIES}add/", {"name": "Wood", "description": ""}).content.decode()
    assert chief.post(f"{CATEGORIES}add/", {"name": "Steel", "description": ""}).status_code == 302


def test_what_save_of_a_model_sets_is_not_lost_in_silence(subclassed, chief, monkeypatch):  # noqa: F811
    def save(self, *args, **kwargs):
        self.description = self.name.lower()
        Model.save(self, *args, **kwargs)

    category = Category.objects.create(name="Cables")
    monkeypatch.setattr(Category, "save", save)
    subclassed(Category, RecordAdmin, **CATEGORY)
    with pytest.raises(TypeError, match="Category.save.. sets description"):
        chief.post(f"{CATEGORIES}{category.pk}/change/", {"name": "Wires", "description": ""})
    chief.post(f"{CATEGORIES}add/", {"name": "Steel", "description": ""})
    assert Category.objects.get(name="Steel").description == "steel"


def _button(self, request, object_id):
    raise AssertionError


@pytest.mark.parametrize(
    "hooks, said",
    [
        ({"actions_submit_line": ("button",)}, "actions_submit_line has no effect"),
        ({"actions_detail": ("button",)}, "does not ask can_run()"),
        ({"actions_row": ("button",), "can_run": _never}, "actions_row would not ask can_run()"),
        ({"actions": ("button",), "can_run": _never}, "actions would not ask can_run()"),
    ],
)
def test_actions_that_would_not_run_or_not_ask_are_refused(subclassed, hooks, said):  # noqa: F811
    button = unfold_action(description="Button", url_path="button")(_button)
    assert said in messages(subclassed(Category, RecordAdmin, **CATEGORY, button=button, **hooks))["E107"]


WIDE = {name: value for name, value in CATEGORY.items() if name not in ("fields", "export_fields")}


@pytest.mark.parametrize(
    "hooks",
    [
        {"get_form": RecordAdmin.get_form},
        {"formfield_for_dbfield": RecordAdmin.formfield_for_dbfield},
        {"form": SettingForm},
        {"inlines": ()},
        {"get_inlines": RecordAdmin.get_inlines},
    ],
)
def test_hooks_that_narrow_pages_need_a_decision_about_files(subclassed, hooks):  # noqa: F811
    assert "does not limit the columns" in messages(subclassed(Category, RecordAdmin, **WIDE, **hooks))["E105"]
    assert "E105" not in messages(subclassed(Category, RecordAdmin, **WIDE, **hooks, export_fields="__all__"))


def test_a_bulk_action_that_does_not_exist_is_refused(subclassed):  # noqa: F811
    screen = subclassed(Category, RecordAdmin, **CATEGORY, bulk_actions=("brun",))
    assert "no action 'brun'" in messages(screen)["E109"]


def test_resources_that_are_one_text_are_refused(subclassed):  # noqa: F811
    screen = subclassed(Category, RecordAdmin, **{**CATEGORY, "resources": "catalog"})
    assert "resources = ('catalog',)" in messages(screen)["E106"]


def test_an_input_that_is_no_input_serializer_is_refused(subclassed):  # noqa: F811
    screen = subclassed(Category, RecordAdmin, **{**CATEGORY, "update_input": CategorySerializer})
    assert "is not an InputSerializer" in messages(screen)["E104"]


def test_what_create_record_returns(subclassed, chief):  # noqa: F811
    def create_record(self, values, actor):
        return Category.objects.create(**values) if values["name"] == "Steel" else None

    subclassed(Category, RecordAdmin, **CATEGORY, create_record=create_record)
    assert chief.post(f"{CATEGORIES}add/", {"name": "Steel", "description": ""}).status_code == 302
    with pytest.raises(TypeError, match="must return the id"):
        chief.post(f"{CATEGORIES}add/", {"name": "Wood", "description": ""})
