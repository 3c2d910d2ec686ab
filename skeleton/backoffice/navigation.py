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

from skeleton.backoffice.lists import admin_for_model
from skeleton.kernel.actors import Actor
from skeleton.kernel.translation import Text
from skeleton.notifications.queries import unread_count


@dataclass(frozen=True, slots=True)
class NavigationItem:
    """An entry of the navigation. `icon` is a Material Symbol, `description` a short explanation.

    For an admin, `name` is its model (`billing.invoice`), and the admin determines who may see it. For a page, `name`
    is its route (`admin:messenger`), `title` its title, and `permissions` the permissions, any one of which is enough.
    """

    name: str
    icon: str
    description: Text = ""
    title: Text = ""
    permissions: tuple[str, ...] = ()
    badge: Callable[[Actor], int] | None = None
    """Returns a number to show next to the entry, unless it is 0."""


@dataclass(frozen=True, slots=True)
class Section:
    title: Text
    items: tuple[NavigationItem, ...]


_BOOKS = ("accounting:read",)

SECTIONS: tuple[Section, ...] = (
    Section(
        _("Sales"),
        (
            NavigationItem("billing.order", "shopping_cart", _("From draft to delivered")),
            NavigationItem("billing.invoice", "receipt_long", _("Draft, send, get paid")),
            NavigationItem("billing.payment", "payments", _("What came in and went out")),
            NavigationItem("billing.creditnote", "assignment_return", _("Corrections of sent invoices")),
            NavigationItem("billing.documentemail", "mail", _("What was e-mailed, and what did not arrive")),
            NavigationItem("parties.customer", "storefront", _("Who buys from us")),
        ),
    ),
    Section(_("Purchasing"), (NavigationItem("parties.supplier", "local_shipping", _("Who we buy from")),)),
    Section(_("Contracts"), (NavigationItem("contracts.contract", "contract", _("Draft, approve, renew")),)),
    Section(
        _("Stock"),
        (
            NavigationItem("inventory.stock", "inventory_2", _("What is where, and what runs low")),
            NavigationItem("inventory.movement", "swap_vert", _("What came and went")),
            NavigationItem("inventory.reservation", "bookmark", _("What is held for whom")),
            NavigationItem("inventory.item", "sell", _("What we sell")),
            NavigationItem("inventory.category", "account_tree", _("In which groups")),
            NavigationItem("inventory.warehouse", "warehouse", _("Where things are kept")),
        ),
    ),
    Section(
        _("Books"),
        (
            NavigationItem("accounting.entry", "menu_book", _("Every transaction, for good")),
            NavigationItem("accounting.account", "account_balance", _("The chart and its balances")),
            NavigationItem("accounting.taxcode", "percent", _("How lines are taxed")),
            NavigationItem("accounting.period", "event_busy", _("What is open, what is closed")),
            NavigationItem("accounting.yearclosing", "event_available", _("The result of a year, and its closing")),
            NavigationItem(
                "admin:opening-balances",
                "login",
                _("With what these books begin"),
                _("Opening balances"),
                ("accounting:write",),
            ),
            NavigationItem(
                "admin:open-invoice",
                "receipt",
                _("What customers owed before"),
                _("Open invoice"),
                ("accounting:write",),
            ),
        ),
    ),
    Section(
        _("Reports"),
        (
            NavigationItem(
                "admin:trial-balance", "balance", _("Every account on its side"), _("Trial balance"), _BOOKS
            ),
            NavigationItem("admin:balance-sheet", "table_view", _("What we own and owe"), _("Balance sheet"), _BOOKS),
            NavigationItem(
                "admin:income-statement", "trending_up", _("What came of it"), _("Income statement"), _BOOKS
            ),
            NavigationItem("admin:ledger", "receipt", _("One account, line by line"), _("Account ledger"), _BOOKS),
            NavigationItem(
                "admin:receivables-aging",
                "hourglass_bottom",
                _("Who owes us, and for how long"),
                _("Receivables aging"),
                _BOOKS,
            ),
            NavigationItem("admin:vat", "percent", _("What to declare, by rate"), _("VAT report"), _BOOKS),
            NavigationItem(
                "admin:customer-statement",
                "receipt",
                _("What a customer was billed and paid"),
                _("Statement of account"),
                ("invoices:read",),
            ),
        ),
    ),
    Section(
        _("People"),
        (
            NavigationItem("parties.partner", "handshake", _("Who we work with")),
            NavigationItem("parties.employee", "badge", _("Who works for us")),
            NavigationItem("admin:messenger", "forum", _("Talk to each other"), _("Messages"), ("messenger:read",)),
        ),
    ),
    Section(
        _("System"),
        (
            NavigationItem("company.company", "domain", _("What documents say of us")),
            NavigationItem("identity.user", "group", _("Who may sign in")),
            NavigationItem("identity.role", "admin_panel_settings", _("What they may do")),
            NavigationItem("parties.country", "public", _("Countries of addresses")),
            NavigationItem("files.file", "attach_file", _("What was uploaded")),
            NavigationItem("audit.auditentry", "history", _("Who changed what, and when")),
            NavigationItem("jobs.job", "work_history", _("What happens by itself, and what failed")),
            NavigationItem("notifications.delivery", "send", _("What was sent to whom, and what was not")),
        ),
    ),
)

PERSONAL_ITEMS = (
    NavigationItem(
        "notifications.notification",
        "notifications",
        _("What you were told"),
        badge=lambda actor: unread_count(actor.user_id),
    ),
)
"""The user's own entries, below the dashboard's."""

HOME_ITEM = NavigationItem("admin:index", "dashboard", _("What matters today"), _("Overview"))


def icon_of(name: str) -> str:
    """Return the icon of an admin or page."""
    entries = (*PERSONAL_ITEMS, *(entry for section in SECTIONS for entry in section.items))
    return next((entry.icon for entry in entries if entry.name == name), "tag")


def sections_for(request: HttpRequest) -> list[dict[str, Any]]:
    """Return the non-empty sections with the entries that the actor may see."""
    found = ({"title": section.title, "items": _items(section.items, request)} for section in SECTIONS)
    return [section for section in found if section["items"]]


def sidebar(request: HttpRequest) -> list[dict[str, Any]]:
    """Return the navigation for unfold's sidebar, starting with the dashboard."""
    home = {"title": HOME_ITEM.title, "icon": HOME_ITEM.icon, "link": reverse(HOME_ITEM.name)}
    return [
        {"items": [home, *_items(PERSONAL_ITEMS, request)]},
        *({**section, "separator": True} for section in sections_for(request)),
    ]


def _items(entries: tuple[NavigationItem, ...], request: HttpRequest) -> list[dict[str, Any]]:
    return [item for entry in entries if (item := _item(entry, request))]


def _item(entry: NavigationItem, request: HttpRequest) -> dict[str, Any] | None:
    """Return the template context of an entry, or None if it does not exist or the actor may not see it."""
    found = _page(entry, request) if entry.title else _screen(entry, request)
    return {"icon": entry.icon, "description": entry.description, **_badge(entry, request), **found} if found else None


def _badge(entry: NavigationItem, request: HttpRequest) -> dict[str, Any]:
    """Return the entry's badge. The number is cached per request, as a page renders the navigation more than once."""
    actor: Actor | None = admin.site.actor_of(request)  # type: ignore[attr-defined]
    if entry.badge is None or actor is None:
        return {}
    known: dict[str, int] = request.__dict__.setdefault("_badges", {})
    if entry.name not in known:
        known[entry.name] = entry.badge(actor)
    return {"badge": known[entry.name], "badge_variant": "primary"} if known[entry.name] else {}


def _page(entry: NavigationItem, request: HttpRequest) -> dict[str, Any] | None:
    actor: Actor | None = admin.site.actor_of(request)  # type: ignore[attr-defined]
    if actor is None or (entry.permissions and not actor.can(*entry.permissions)):
        return None
    try:
        return {"title": entry.title, "link": reverse(entry.name)}
    except NoReverseMatch:
        return None


def _screen(entry: NavigationItem, request: HttpRequest) -> dict[str, Any] | None:
    screen = admin_for_model(entry.name)
    if screen is None or not screen.has_module_permission(request):
        return None
    return {"title": capfirst(screen.opts.verbose_name_plural), "link": screen.changelist_url}
