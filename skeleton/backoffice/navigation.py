"""The navigation of the back office, grouped by task and not by app.

One table lists every entry, so a new screen or page is one line here, and lower layers need not know about it.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.contrib import admin
from django.http import HttpRequest
from django.urls import NoReverseMatch, reverse
from django.utils.text import capfirst
from django.utils.translation import gettext_lazy as _

from skeleton.backoffice.lists import screen_of
from skeleton.kernel.actors import Actor
from skeleton.kernel.translation import Text
from skeleton.notifications.queries import unread_count


@dataclass(frozen=True, slots=True)
class Place:
    """An entry of the navigation. `icon` is a Material Symbol, `purpose` a short explanation.

    For an admin, `name` is its model (`billing.invoice`), and the admin determines who may see it. For a page, `name`
    is its route (`admin:messenger`), `title` its title, and `needs` the permissions, any one of which is enough.
    """

    name: str
    icon: str
    purpose: Text = ""
    title: Text = ""
    needs: tuple[str, ...] = ()
    badge: Callable[[Actor], int] | None = None
    """Returns a number to show next to the entry, unless it is 0."""


@dataclass(frozen=True, slots=True)
class Section:
    title: Text
    places: tuple[Place, ...]


_BOOKS = ("accounting:read",)

SECTIONS: tuple[Section, ...] = (
    Section(
        _("Sales"),
        (
            Place("billing.order", "shopping_cart", _("From draft to delivered")),
            Place("billing.invoice", "receipt_long", _("Draft, send, get paid")),
            Place("billing.creditnote", "assignment_return", _("Corrections of sent invoices")),
            Place("parties.customer", "storefront", _("Who buys from us")),
        ),
    ),
    Section(_("Purchasing"), (Place("parties.supplier", "local_shipping", _("Who we buy from")),)),
    Section(_("Contracts"), (Place("contracts.contract", "contract", _("Draft, approve, renew")),)),
    Section(
        _("Stock"),
        (
            Place("inventory.stock", "inventory_2", _("What is where, and what runs low")),
            Place("inventory.movement", "swap_vert", _("What came and went")),
            Place("inventory.reservation", "bookmark", _("What is held for whom")),
            Place("inventory.item", "sell", _("What we sell")),
            Place("inventory.category", "account_tree", _("In which groups")),
            Place("inventory.warehouse", "warehouse", _("Where things are kept")),
        ),
    ),
    Section(
        _("Books"),
        (
            Place("accounting.entry", "menu_book", _("Every transaction, for good")),
            Place("accounting.account", "account_balance", _("The chart and its balances")),
            Place("accounting.period", "event_busy", _("What is open, what is closed")),
        ),
    ),
    Section(
        _("Reports"),
        (
            Place("admin:trial-balance", "balance", _("Every account on its side"), _("Trial balance"), _BOOKS),
            Place("admin:balance-sheet", "table_view", _("What we own and owe"), _("Balance sheet"), _BOOKS),
            Place("admin:income-statement", "trending_up", _("What came of it"), _("Income statement"), _BOOKS),
            Place("admin:ledger", "receipt", _("One account, line by line"), _("Account ledger"), _BOOKS),
            Place(
                "admin:receivables-aging",
                "hourglass_bottom",
                _("Who owes us, and for how long"),
                _("Receivables aging"),
                _BOOKS,
            ),
        ),
    ),
    Section(
        _("People"),
        (
            Place("parties.partner", "handshake", _("Who we work with")),
            Place("parties.employee", "badge", _("Who works for us")),
            Place("admin:messenger", "forum", _("Talk to each other"), _("Messages"), ("messenger:read",)),
        ),
    ),
    Section(
        _("System"),
        (
            Place("identity.user", "group", _("Who may sign in")),
            Place("identity.role", "admin_panel_settings", _("What they may do")),
            Place("parties.country", "public", _("Countries of addresses")),
            Place("files.file", "attach_file", _("What was uploaded")),
            Place("audit.auditentry", "history", _("Who changed what, and when")),
            Place("jobs.job", "work_history", _("What happens by itself, and what failed")),
            Place("notifications.delivery", "send", _("What was sent to whom, and what was not")),
        ),
    ),
)

PERSONAL_ITEMS = (
    Place(
        "notifications.notification",
        "notifications",
        _("What you were told"),
        badge=lambda actor: unread_count(actor.user_id),
    ),
)
"""The user's own entries, below the dashboard's."""

HOME = Place("admin:index", "dashboard", _("What matters today"), _("Overview"))


def icon_of(name: str) -> str:
    """Return the icon of an admin or page."""
    places = (*PERSONAL_ITEMS, *(place for section in SECTIONS for place in section.places))
    return next((place.icon for place in places if place.name == name), "tag")


def sections_for(request: HttpRequest) -> list[dict[str, Any]]:
    """Return the non-empty sections with the entries that the actor may see."""
    found = ({"title": section.title, "items": _items(section.places, request)} for section in SECTIONS)
    return [section for section in found if section["items"]]


def sidebar(request: HttpRequest) -> list[dict[str, Any]]:
    """Return the navigation for unfold's sidebar, starting with the dashboard."""
    home = {"title": HOME.title, "icon": HOME.icon, "link": reverse(HOME.name)}
    return [
        {"items": [home, *_items(PERSONAL_ITEMS, request)]},
        *({**section, "separator": True} for section in sections_for(request)),
    ]


def _items(places: tuple[Place, ...], request: HttpRequest) -> list[dict[str, Any]]:
    return [item for place in places if (item := _item(place, request))]


def _item(place: Place, request: HttpRequest) -> dict[str, Any] | None:
    """Return the template context of an entry, or None if it does not exist or the actor may not see it."""
    found = _page(place, request) if place.title else _screen(place, request)
    return {"icon": place.icon, "purpose": place.purpose, **_badge(place, request), **found} if found else None


def _badge(place: Place, request: HttpRequest) -> dict[str, Any]:
    """Return the entry's badge. The number is cached per request, as a page renders the navigation more than once."""
    actor: Actor | None = admin.site.actor_of(request)  # type: ignore[attr-defined]
    if place.badge is None or actor is None:
        return {}
    known: dict[str, int] = request.__dict__.setdefault("_badges", {})
    if place.name not in known:
        known[place.name] = place.badge(actor)
    return {"badge": known[place.name], "badge_variant": "primary"} if known[place.name] else {}


def _page(place: Place, request: HttpRequest) -> dict[str, Any] | None:
    actor: Actor | None = admin.site.actor_of(request)  # type: ignore[attr-defined]
    if actor is None or (place.needs and not actor.can(*place.needs)):
        return None
    try:
        return {"title": place.title, "link": reverse(place.name)}
    except NoReverseMatch:
        return None


def _screen(place: Place, request: HttpRequest) -> dict[str, Any] | None:
    screen = screen_of(place.name)
    if screen is None or not screen.has_module_permission(request):
        return None
    return {"title": capfirst(screen.opts.verbose_name_plural), "link": screen.list_page}
