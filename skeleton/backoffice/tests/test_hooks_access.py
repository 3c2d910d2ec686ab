"""Subclasses of our admins that restrict rows, permissions, columns or saving: all pages follow, or it is refused."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from django import forms
from django.contrib import admin
from django.contrib.contenttypes.models import ContentType
from django.core.exceptions import ValidationError
from unfold.admin import TabularInline

from billing.admin.invoices import InvoiceAdmin
from billing.models import Invoice
from billing.tests.factories import draft
from inventory.models import Category, Item
from inventory.serializers import CategoryInputSerializer
from parties.admin import CustomerAdmin
from parties.models import Customer
from parties.tests.factories import CustomerFactory
from skeleton.backoffice.tests.test_hooks import with_admin
from skeleton.files.admin import FileAdmin
from skeleton.files.models import File
from skeleton.identity.admin import UserAdmin
from skeleton.identity.models import User
from skeleton.importexport.tests.conftest import Visitor
from skeleton.office.admins import ReadOnlyAdmin, ReadOnlyRecordAdmin
from skeleton.office.forms import RecordForm
from skeleton.office.records import RecordAdmin

pytestmark = pytest.mark.django_db

CUSTOMERS, INVOICES, CATEGORIES = "/admin/parties/customer/", "/admin/billing/invoice/", "/admin/inventory/category/"
CATEGORY = {
    "resources": ("catalog",),
    "create_input": CategoryInputSerializer,
    "update_input": CategoryInputSerializer,
    "fields": ("name", "description"),
    "export_fields": "__all__",
}

Subclassed = Callable[..., ReadOnlyAdmin]


@pytest.fixture
def subclassed(settings: Any) -> Iterator[Subclassed]:
    """Replace a model's admin by a subclass of an admin class."""
    site, before = admin.site, dict(admin.site._registry)

    def register(model: Any, base: Any, **hooks: Any) -> ReadOnlyAdmin:
        newcomer: ReadOnlyAdmin = type("Newcomer", (base,), {**hooks, "__module__": __name__})(model, site)
        site._registry[model] = newcomer
        settings.ROOT_URLCONF = with_admin(site)
        return newcomer

    yield register
    site._registry.clear()
    site._registry.update(before)


@pytest.fixture
def importer(chief: Any) -> Visitor:
    return Visitor(chief.user)


def messages(screen: ReadOnlyAdmin) -> dict[str, str]:
    """Return the texts and hints of the errors, by number."""
    return {error.id.removeprefix("skeleton."): f"{error.msg} {error.hint}" for error in screen.check()}


def without_hidden(self: Any, *args: Any) -> Any:
    return CustomerAdmin.rows(self, *args).exclude(name="Hidden")


def denied(self: Any, request: Any, obj: Any = None) -> bool:
    return False


# --- rows -------------------------------------------------------------------------------------------------------------


def test_rows_hides_a_row_from_pages_actions_search_export_and_import(subclassed, importer):
    hidden = CustomerFactory.create(name="Hidden", email="h@example.com")
    assert messages(subclassed(Customer, CustomerAdmin, rows=without_hidden)) == {}
    for page in (CUSTOMERS, f"{CUSTOMERS}pick/?term=hid", "/admin/search/?s=hidden"):
        assert str(hidden.pk) not in importer.get(page).content.decode()
    assert importer.get(f"{CUSTOMERS}{hidden.pk}/blacklist/").status_code == 302
    assert b"Hidden" not in importer.export(CUSTOMERS)
    checked = importer.check(CUSTOMERS, f"id,name\n{hidden.pk},Changed\n")
    assert checked.state == "refused"
    assert "Hidden" not in str(checked.report)


def test_the_search_of_all_pages_honours_get_queryset(subclassed, chief):
    invoice = draft()
    assert str(invoice.pk) in chief.get("/admin/search/", {"s": invoice.customer_name}).content.decode()
    subclassed(Invoice, InvoiceAdmin, get_queryset=lambda self, request: Invoice.objects.none())
    assert str(invoice.pk) not in chief.get("/admin/search/", {"s": invoice.customer_name}).content.decode()


@pytest.mark.parametrize("hook", ["get_queryset", "get_object"])
def test_rows_that_an_import_would_find_nevertheless_are_refused(subclassed, hook):
    screen = subclassed(Customer, CustomerAdmin, **{hook: lambda self, *args: None})
    assert "Override rows(actor)" in messages(screen)["E108"]


# --- permissions ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("hook", ["has_view_permission", "has_add_permission", "has_change_permission"])
def test_an_import_asks_the_permissions_of_the_forms(subclassed, importer, hook):
    own = CustomerFactory.create(name="Locked", email="l@example.com")
    screen = subclassed(Customer, CustomerAdmin, **{hook: denied})
    assert "can_import(actor)" in messages(screen)["E108"]
    for page in ("import/", "import/template.csv"):
        assert importer.get(f"{CUSTOMERS}{page}").status_code == 403
    assert importer.upload(CUSTOMERS, f"id,name\n{own.pk},Changed\n").status_code == 403


def test_an_import_is_not_applied_after_permission_is_lost(subclassed, importer):
    own = CustomerFactory.create(name="Locked", email="l@example.com")
    importer.check(CUSTOMERS, f"id,name\n{own.pk},Changed\n")
    both = {"has_change_permission": denied, "can_import": lambda self, actor: False}
    assert messages(subclassed(Customer, CustomerAdmin, **both)) == {}
    assert importer.post(importer.page).status_code == 403
    own.refresh_from_db()
    assert own.name == "Locked"


def test_actions_ask_for_the_permission_to_change(subclassed, chief):
    invoice = draft()
    refused = messages(subclassed(Invoice, InvoiceAdmin, has_change_permission=denied))
    assert refused.keys() == {"E107"}, "for write-offs, which have a permission of their own"
    for name in ("send", "cancel"):
        assert chief.post(f"{INVOICES}{invoice.pk}/{name}/").status_code == 403
    chief.post(INVOICES, {"action": "send", "_selected_action": [str(invoice.pk)]})
    invoice.refresh_from_db()
    assert invoice.status == "draft"
    assert chief.get(f"{INVOICES}{invoice.pk}/pdf-en/").status_code == 200  # a download changes nothing


def test_actions_and_downloads_ask_for_the_permission_to_view_their_record(subclassed, chief):
    secret, other = draft(), draft()

    def may_view(self: Any, request: Any, obj: Any = None) -> bool:
        return InvoiceAdmin.has_view_permission(self, request) and (obj is None or obj.pk != secret.pk)

    subclassed(Invoice, InvoiceAdmin, has_view_permission=may_view)
    for page in ("change", "pdf-en", "send"):
        assert chief.get(f"{INVOICES}{secret.pk}/{page}/").status_code == 403
        assert chief.get(f"{INVOICES}{other.pk}/{page}/").status_code == 200
    both = [str(secret.pk), str(other.pk)]
    page = chief.post(INVOICES, {"action": "send", "_selected_action": both}, follow=True).content.decode()
    assert "You may not do this." in page
    secret.refresh_from_db()
    other.refresh_from_db()
    assert (secret.status, other.status) == ("draft", "sent")


def test_can_run_decides_about_one_record(subclassed, chief):
    locked, free = CustomerFactory.create(name="Locked"), CustomerFactory.create(name="Free")

    def can_run(self: Any, request: Any, action: Any, record: Any = None) -> bool:
        return CustomerAdmin.can_run(self, request, action, record) and (record is None or record.name != "Locked")

    subclassed(Customer, CustomerAdmin, can_run=can_run)
    assert "blacklist" not in chief.get(f"{CUSTOMERS}{locked.pk}/change/").content.decode()
    assert chief.post(f"{CUSTOMERS}{locked.pk}/blacklist/").status_code == 403
    assert chief.post(f"{CUSTOMERS}{free.pk}/blacklist/").status_code == 302


def test_an_action_with_permissions_of_its_own_does_not_ignore_a_denial(subclassed):
    assert "can_run" in messages(subclassed(User, UserAdmin, has_change_permission=denied))["E107"]
    decided = {"has_change_permission": denied, "can_run": UserAdmin.can_run}
    assert messages(subclassed(User, UserAdmin, **decided)) == {}


@pytest.mark.parametrize("hook", ["has_add_permission", "has_change_permission"])
def test_a_form_that_would_write_past_the_services_is_refused(subclassed, hook):
    screen = subclassed(File, FileAdmin, **{hook: lambda self, request, obj=None: True})
    assert "Subclass RecordAdmin" in messages(screen)["E107"]


def test_nothing_is_deleted_by_django(subclassed, chief):
    category = Category.objects.create(name="Cables")
    screen = subclassed(Category, RecordAdmin, **CATEGORY, has_delete_permission=lambda self, request, obj=None: True)
    assert "Deleting is an action" in messages(screen)["E102"]
    assert "delete_selected" not in chief.get(CATEGORIES).content.decode()
    chief.post(CATEGORIES, {"action": "delete_selected", "_selected_action": [str(category.pk)], "post": "yes"})
    assert chief.post(f"{CATEGORIES}{category.pk}/delete/", {"post": "yes"}).status_code == 403
    assert Category.objects.filter(pk=category.pk).exists()


# --- columns of files -------------------------------------------------------------------------------------------------

LIMITS = [
    {"fields": ("name",)},
    {"fieldsets": ((None, {"fields": ("name",)}),)},
    {"exclude": ("credit_limit",)},
    {"list_display": ("name",)},
    {"get_list_display": lambda self, request: ("name",)},
    {"get_exclude": lambda self, request, obj=None: ("credit_limit",)},
]


@pytest.mark.parametrize("hooks", LIMITS)
def test_a_limit_of_the_pages_needs_a_decision_about_files(subclassed, hooks):
    assert "export_fields" in messages(subclassed(Customer, CustomerAdmin, **hooks))["E105"]
    assert "E105" not in messages(subclassed(Customer, CustomerAdmin, **hooks, export_fields=("name", "email")))


def test_export_fields_limits_exports_and_imports(subclassed, importer):
    own = CustomerFactory.create(name="Own", email="own@example.com")
    assert messages(subclassed(Customer, CustomerAdmin, export_fields=("name", "email"))) == {}
    assert importer.export(CUSTOMERS).decode("utf-8-sig").splitlines()[0] == "id,name,email"
    refused = importer.upload(CUSTOMERS, f"id,credit_limit\n{own.pk},5\n")
    assert "Unknown columns" in str(refused.context["form"].errors)


def test_unknown_export_fields_are_refused(subclassed):
    assert "credit_limits" in messages(subclassed(Customer, CustomerAdmin, export_fields=("credit_limits",)))["E105"]


def test_readonly_fields_are_not_imported(subclassed, importer):
    own = CustomerFactory.create(name="Own", email="own@example.com", credit_limit=0)
    subclassed(Customer, CustomerAdmin, readonly_fields=(*CustomerAdmin.readonly_fields, "credit_limit"))
    importer.take(CUSTOMERS, f"id,name,credit_limit\n{own.pk},New name,5\n")
    own.refresh_from_db()
    assert (own.name, own.credit_limit) == ("New name", 0)
    by_request = {"get_readonly_fields": lambda self, request, obj=None: ("credit_limit",)}
    assert "readonly_fields" in messages(subclassed(Customer, CustomerAdmin, **by_request))["E108"]


# --- saving -----------------------------------------------------------------------------------------------------------


def category_form(**members: Any) -> Any:
    meta = type("Meta", (), {"model": Category, "fields": ("name", "description")})
    return type("NewcomerForm", (RecordForm,), {**members, "Meta": meta, "__module__": __name__})


def test_a_form_that_saves_is_refused(subclassed, chief):
    form = category_form(save=lambda self, commit=True: self.instance)
    assert "create_record(values, actor)" in messages(subclassed(Category, RecordAdmin, **CATEGORY, form=form))["E104"]
    later = {
        "get_form": lambda self, request, obj=None, change=False, **kw: RecordAdmin.get_form(self, request, form=form)
    }
    subclassed(Category, RecordAdmin, **CATEGORY, **later)
    with pytest.raises(TypeError, match="would have no effect"):
        chief.get(f"{CATEGORIES}add/")


def test_a_form_of_another_kind_is_refused(subclassed):
    screen = subclassed(Category, RecordAdmin, **CATEGORY, form=forms.ModelForm)
    assert "RecordForm" in messages(screen)["E104"]


def whole(self: Any) -> Any:
    self.cleaned_data["description"] = f"about {self.cleaned_data['name']}"
    return self.cleaned_data


@pytest.mark.parametrize("members", [{"clean": whole}, {"clean_description": lambda self: "about Wires"}])
def test_what_clean_sets_is_written(subclassed, chief, members):
    category = Category.objects.create(name="Cables", description="old")
    subclassed(Category, RecordAdmin, **CATEGORY, form=category_form(**members))
    page = f"{CATEGORIES}{category.pk}/change/"
    assert chief.post(page, {"name": "Wires", "description": "old"}).status_code == 302
    category.refresh_from_db()
    assert category.description == "about Wires"


@pytest.mark.parametrize("error", [ValidationError("not today"), ValidationError({"name": "not today"})])
def test_an_error_of_django_is_shown_in_the_form(subclassed, chief, error):
    def update_record(self: Any, pk: Any, values: Any, actor: Any) -> None:
        raise error

    category = Category.objects.create(name="Cables")
    subclassed(Category, RecordAdmin, **CATEGORY, update_record=update_record)
    page = chief.post(f"{CATEGORIES}{category.pk}/change/", {"name": "Wires"})
    assert page.status_code == 200
    assert "not today" in page.content.decode()


# --- what a screen needs ----------------------------------------------------------------------------------------------


def test_a_screen_without_resources_is_refused(subclassed):
    assert "resources" in messages(subclassed(Category, ReadOnlyRecordAdmin))["E106"]


def test_a_model_without_visible_to_is_refused(subclassed):
    hooks = {"resources": ("catalog",), "export_fields": "__all__"}
    plain = type("Plain", (ReadOnlyRecordAdmin,), {"__module__": __name__})
    assert "visible_to(actor)" in messages(subclassed(ContentType, plain, **hooks))["E106"]
    assert "E106" not in messages(subclassed(ContentType, plain, **hooks, rows=lambda self, actor: None))


def test_an_inline_that_nobody_would_see_is_refused(subclassed, chief):
    plain = type("Plain", (TabularInline,), {"model": Item, "fields": ("sku",)})
    category = Category.objects.create(name="Cables")
    subclassed(Category, RecordAdmin, **CATEGORY, get_inlines=lambda self, request, obj=None: (plain,))
    with pytest.raises(TypeError, match="shown to nobody"):
        chief.get(f"{CATEGORIES}{category.pk}/change/")
