"""Django's hooks in subclasses of our admin classes: each works, or is refused at startup."""

import types
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from django.contrib import admin, messages
from django.core.exceptions import ImproperlyConfigured
from django.http import HttpResponse
from django.urls import path, reverse
from unfold.admin import TabularInline

from inventory.models import Category, Item
from inventory.serializers import CategoryInputSerializer
from skeleton import urls
from skeleton.office.admins import ReadOnlyAdmin, ReadOnlyInline, ReadOnlyRecordAdmin
from skeleton.office.changelist import StrictChangeList
from skeleton.office.forms import RecordForm
from skeleton.office.records import RecordAdmin

pytestmark = pytest.mark.django_db

LIST, ADD = "/admin/inventory/category/", "/admin/inventory/category/add/"

Register = Callable[..., ReadOnlyAdmin]


def with_admin(site: Any) -> types.ModuleType:
    """Return the project's routes, with new ones for the back office."""
    routes = types.ModuleType("routes")
    vars(routes).update({name: value for name, value in vars(urls).items() if name.startswith("handler")})
    others = [pattern for pattern in urls.urlpatterns if str(pattern.pattern) != "admin/"]
    vars(routes)["urlpatterns"] = [path("admin/", site.urls), *others]
    return routes


@pytest.fixture
def registered(settings: Any) -> Iterator[Register]:
    """Replace the admin class of categories by one with this base and these attributes."""
    site, before = admin.site, admin.site._registry[Category]

    def register(base: type = RecordAdmin, **hooks: Any) -> ReadOnlyAdmin:
        own: dict[str, Any] = {
            "resources": ("catalog",),
            "create_input": CategoryInputSerializer,
            "update_input": CategoryInputSerializer,
        }
        if issubclass(base, RecordAdmin):
            own |= {"fields": ("name", "description"), "export_fields": "__all__"}
        newcomer: ReadOnlyAdmin = type("Newcomer", (base,), {**own, **hooks, "__module__": __name__})(Category, site)
        site._registry[Category] = newcomer
        settings.ROOT_URLCONF = with_admin(site)
        return newcomer

    yield register
    site._registry[Category] = before


@pytest.fixture(autouse=True)
def category(db: None) -> Category:
    return Category.objects.create(name="Cables", description="long and short")


def errors(screen: ReadOnlyAdmin) -> list[str]:
    return [error.id for error in screen.check()]


# --- what is shown ----------------------------------------------------------------------------------------------------


@admin.display(description="Loud name")
def loud(self: Any, category: Category) -> str:
    return category.name.upper()


class InUse(admin.SimpleListFilter):
    title, parameter_name = "use", "use"

    def lookups(self, request: Any, model_admin: Any) -> Any:
        return [("yes", "In use")]

    def queryset(self, request: Any, queryset: Any) -> Any:
        return queryset.filter(items__isnull=False) if self.value() else queryset


SHOWN = [
    ({"list_display": ("name", "loud"), "loud": loud}, "", "CABLES"),
    ({"get_list_display": lambda self, request: ("name", "loud"), "loud": loud}, "", "CABLES"),
    ({"list_display": ("description",), "list_display_links": ("description",)}, "", "long and short"),
    ({"empty_value_display": "nothing here", "list_display": ("name", "parent")}, "", "nothing here"),
    ({"search_fields": ("description",)}, "?q=short", "Cables"),
    ({"get_search_fields": lambda self, request: ("description",)}, "?q=short", "Cables"),
    ({"search_help_text": "by what it is for", "search_fields": ("name",)}, "", "by what it is for"),
    ({"list_filter": ("name",)}, "?name=Cables", "Cables"),
    ({"get_list_filter": lambda self, request: ("name",)}, "?name=Cables", "Cables"),
    ({"list_filter": (InUse,)}, "?use=", "Cables"),
    ({"change_list_template": "skeleton/admin/change_list.html"}, "", "Cables"),
]


@pytest.mark.parametrize("hooks, query, text", SHOWN)
def test_what_shapes_a_list_is_honoured(registered, chief, hooks, query, text):
    registered(**hooks)
    answer = chief.get(LIST + query)
    assert answer.status_code == 200
    assert text in answer.content.decode()


HIDDEN = [
    ({"get_queryset": lambda self, request: Category.objects.none()}, ""),
    ({"search_fields": ("name",)}, "?q=nothing"),
    ({"list_filter": (InUse,)}, "?use=yes"),
    ({"get_search_results": lambda self, request, queryset, term: (queryset.none(), False)}, "?q=Cables"),
]


@pytest.mark.parametrize("hooks, query", HIDDEN)
def test_what_hides_rows_is_honoured_by_list_and_export(registered, chief, category, hooks, query):
    registered(**{"search_fields": ("name",), **hooks})
    assert "long and short" not in chief.get(LIST + query).content.decode()
    assert b"long and short" not in b"".join(chief.get(f"{LIST}export.csv{query}").streaming_content)


def test_rows_that_get_queryset_hides_have_no_page(registered, chief, category):
    registered(get_queryset=lambda self, request: Category.objects.none())
    assert chief.get(f"{LIST}{category.pk}/change/").status_code == 302  # back to the start, with a message


FORMS = [
    ({"fields": ("name",)}, ("name", "description")),
    ({"exclude": ("name",), "fields": None}, ("description", "name")),
    ({"get_fields": lambda self, request, obj=None: ("name",), "fields": None}, ("name", "description")),
    ({"fieldsets": ((None, {"fields": ("description",)}),), "fields": None}, ("description", "name")),
    ({"get_fieldsets": lambda self, request, obj=None: ((None, {"fields": ("name",)}),)}, ("name", "description")),
    ({"readonly_fields": ("description",)}, ("name", "description")),
    ({"get_readonly_fields": lambda self, request, obj=None: ("description",)}, ("name", "description")),
]


@pytest.mark.parametrize("hooks, names", FORMS)
def test_what_shapes_a_form_is_honoured(registered, chief, category, hooks, names):
    there, gone = names
    registered(**hooks)
    page = chief.get(f"{LIST}{category.pk}/change/").content.decode()
    assert f'name="{there}"' in page
    assert f'name="{gone}"' not in page


def test_form_classes_and_initial_values_are_honoured(registered, chief):
    class Shouting(RecordForm):
        def clean_name(self) -> str:
            return str(self.cleaned_data["name"]).upper()

        class Meta:
            model = Category
            fields = ("name", "description")

    registered(form=Shouting, get_changeform_initial_data=lambda self, request: {"description": "as usual"})
    assert "as usual" in chief.get(ADD).content.decode()
    assert chief.post(ADD, {"name": "plugs", "description": ""}).status_code == 302
    assert Category.objects.filter(name="PLUGS").exists()


# --- who may, and what is done ----------------------------------------------------------------------------------------

DENIED = [
    ("has_view_permission", LIST, "get"),
    ("has_view_permission", f"{LIST}export.csv", "get"),
    ("has_add_permission", ADD, "get"),
    ("has_module_permission", "/admin/inventory/", "get"),
]


@pytest.mark.parametrize("hook, page, method", DENIED)
def test_permissions_are_asked(registered, chief, hook, page, method):
    registered(**{hook: lambda self, request, obj=None: False})
    expected = {"/admin/inventory/": 200}.get(page, 403)  # the other screens of the app are still there
    answer = getattr(chief, method)(page)
    assert answer.status_code == expected
    assert LIST not in answer.content.decode() or expected == 403


def test_changes_that_are_denied_are_not_made(registered, chief, category):
    registered(has_change_permission=lambda self, request, obj=None: False)
    assert chief.post(f"{LIST}{category.pk}/change/", {"name": "Other"}).status_code == 403


def test_actions_of_django_are_offered_and_run(registered, chief, category):
    def shorten(self: Any, request: Any, queryset: Any) -> None:
        messages.info(request, f"{queryset.count()} shortened")

    registered(shorten=admin.action(description="Shorten them")(shorten), actions=("shorten",))
    assert "Shorten them" in chief.get(LIST).content.decode()
    done = chief.post(LIST, {"action": "shorten", "_selected_action": [str(category.pk)]}, follow=True)
    assert "1 shortened" in done.content.decode()


def test_saving_hooks_are_called(registered, chief, category):
    called = []

    def create_record(self, values, actor):
        called.append("create_record")
        return category.pk

    registered(
        response_change=lambda self, request, obj: HttpResponse("changed"),
        response_add=lambda self, request, obj, *args: HttpResponse("added"),
        create_record=create_record,
        update_record=lambda self, pk, values, actor: called.append("update_record"),
    )
    assert chief.post(f"{LIST}{category.pk}/change/", {"name": "Wires"}).content == b"changed"
    assert chief.post(ADD, {"name": "Plugs", "description": ""}).content == b"added"
    assert called == ["update_record", "create_record"]


def test_views_of_ones_own_are_reached_and_accept_no_parameters(registered, chief):
    def get_urls(self: Any) -> list[Any]:
        view = self.admin_site.admin_view(lambda request: HttpResponse("mine"))
        return [path("mine/", view, name="mine"), *ReadOnlyAdmin.get_urls(self)]

    registered(get_urls=get_urls)
    assert chief.get(f"{LIST}mine/").content == b"mine"
    assert chief.get(f"{LIST}mine/?x=1").status_code == 400
    assert reverse("admin:mine") == f"{LIST}mine/"


def test_inlines_follow_their_parent(registered, chief, category):
    class Items(ReadOnlyInline):
        model = Item
        fields = readonly_fields = ("sku",)

    Item.objects.create(sku="C-1", name="Cable", unit_price=100, currency="EUR", category=category)
    registered(base=ReadOnlyRecordAdmin, inlines=(Items,))
    assert "C-1" in chief.get(f"{LIST}{category.pk}/change/").content.decode()


# --- what is refused --------------------------------------------------------------------------------------------------

REFUSED = [
    ({"date_hierarchy": "created_at"}, "skeleton.E101"),
    ({"list_editable": ("description",), "list_display": ("name", "description")}, "skeleton.E101"),
    ({"raw_id_fields": ("parent",)}, "skeleton.E101"),
    ({"autocomplete_fields": ("parent",)}, "skeleton.E101"),
    ({"save_as": True}, "skeleton.E101"),
    ({"delete_model": lambda self, request, obj: None}, "skeleton.E102"),
    ({"delete_queryset": lambda self, request, queryset: None}, "skeleton.E102"),
    ({"save_formset": lambda self, request, form, formset, change: None}, "skeleton.E102"),
    ({"save_model": lambda self, request, obj, form, change: None}, "skeleton.E102"),
    ({"save_form": lambda self, request, form, change: form.instance}, "skeleton.E102"),
    ({"save_related": lambda self, request, form, formsets, change: None}, "skeleton.E102"),
    ({"has_delete_permission": lambda self, request, obj=None: True}, "skeleton.E102"),
    ({"lookup_allowed": lambda self, lookup, value, request=None: True}, "skeleton.E102"),
    ({"inlines": (type("Plain", (TabularInline,), {"model": Item}),)}, "skeleton.E103"),
]


@pytest.mark.parametrize("hooks, error", REFUSED)
def test_what_would_be_ignored_is_refused_at_start_up(registered, hooks, error):
    assert error in errors(registered(**hooks))


def test_a_screen_without_surprises_has_no_errors(registered):
    assert errors(registered()) == []
    assert errors(registered(base=ReadOnlyRecordAdmin)) == []


@pytest.mark.parametrize("screen", admin.site._registry.values(), ids=str)
def test_our_own_screens_have_no_errors(screen):
    assert errors(screen) == []


def test_a_list_that_would_accept_any_lookup_is_refused(registered, chief):
    screen = registered(get_changelist=lambda self, request, **kwargs: StrictChangeList.__mro__[1])
    with pytest.raises(TypeError, match="must subclass"):
        chief.get(LIST)
    assert screen


def test_an_admin_class_of_another_kind_cannot_be_registered():
    with pytest.raises(ImproperlyConfigured, match="must subclass"):
        admin.site.register(Category, type("Plain", (admin.ModelAdmin,), {"__module__": __name__}))
    with pytest.raises(ImproperlyConfigured):
        admin.site.register(Category)
