"""The way through the back office: by what people do, not by which app keeps it."""

from dataclasses import dataclass
from typing import Any

from django.contrib import admin
from django.http import HttpRequest
from django.urls import reverse


@dataclass(frozen=True, slots=True)
class Place:
    """A screen in the navigation: its model (`billing.invoice`), its icon (Material Symbols), what it is for."""

    model: str
    icon: str
    purpose: str = ""


SECTIONS: dict[str, tuple[Place, ...]] = {
    "Sales": (
        Place("billing.invoice", "receipt_long", "Draft, send, get paid"),
        Place("billing.order", "shopping_cart", "From draft to delivered"),
        Place("parties.customer", "storefront", "Who buys from us"),
    ),
    "Agreements": (Place("contracts.contract", "description", "Draft, approve, renew"),),
    "Purchasing": (Place("parties.supplier", "local_shipping", "Who we buy from"),),
    "Stock": (
        Place("inventory.stock", "inventory_2", "What is where, and what runs low"),
        Place("inventory.movement", "swap_vert", "What came and went"),
        Place("inventory.reservation", "bookmark", "What is held for whom"),
        Place("inventory.warehouse", "warehouse", "Where things are kept"),
        Place("inventory.item", "sell", "What we sell"),
        Place("inventory.category", "account_tree", "In which groups"),
    ),
    "People": (
        Place("parties.partner", "handshake", "Who we work with"),
        Place("parties.employee", "badge", "Who works for us"),
    ),
    "Books": (
        Place("accounting.entry", "menu_book", "Every transaction, for good"),
        Place("accounting.account", "account_tree", "The chart and its balances"),
        Place("accounting.period", "event_busy", "What is open, what is closed"),
    ),
    "System": (
        Place("identity.user", "group", "Who may sign in"),
        Place("identity.role", "admin_panel_settings", "What they may do"),
        Place("parties.country", "public", "Countries of addresses"),
        Place("audit.auditentry", "history", "Who changed what, and when"),
    ),
}


def sections_for(request: HttpRequest) -> list[dict[str, Any]]:
    """The sections that exist, with the screens in them that the actor may see."""
    screens = {model._meta.label_lower: screen for model, screen in admin.site._registry.items()}
    sections = []
    for title, places in SECTIONS.items():
        items = [
            {
                "title": str(screens[place.model].opts.verbose_name_plural).capitalize(),
                "icon": place.icon,
                "purpose": place.purpose,
                "link": reverse(f"admin:{place.model.replace('.', '_')}_changelist"),
            }
            for place in places
            if place.model in screens and screens[place.model].has_view_permission(request)
        ]
        if items:
            sections.append({"title": title, "items": items})
    return sections


def sidebar(request: HttpRequest) -> list[dict[str, Any]]:
    """The same for unfold, with the way home in front."""
    home = {"title": "Overview", "icon": "dashboard", "link": reverse("admin:index")}
    return [{"items": [home]}, *({**section, "separator": True} for section in sections_for(request))]
