"""Where people look at what a notification is about: the page in the back office for a path of the API."""

from django.conf import settings
from django.urls import reverse

SCREENS = {
    "invoices": "billing_invoice",
    "orders": "billing_order",
    "contracts": "contracts_contract",
    "stock": "inventory_stock",
}
"""The screen that shows what lies under a path of the API."""

PAGES = {"conversations": "messenger"}
"""The page that does, with the id behind a #."""


def page_of(link: str | None) -> str | None:
    """The page in the back office for `/api/v1/<resource>/<id>`; None where there is none."""
    resource, _, pk = (link or "").removeprefix("/api/v1/").partition("/")
    if resource in PAGES and pk:
        return f"{reverse(f'admin:{PAGES[resource]}')}#{pk}"
    return reverse(f"admin:{SCREENS[resource]}_change", args=[pk]) if resource in SCREENS and pk else None


def address_of(link: str | None) -> str | None:
    """That page as a whole address, for what leaves the system; None while the settings do not say where that is."""
    page = page_of(link)
    return f"{settings.SKELETON_PUBLIC_URL.rstrip('/')}{page}" if page and settings.SKELETON_PUBLIC_URL else None
