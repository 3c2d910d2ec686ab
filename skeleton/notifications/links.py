"""Back-office links for the API paths in notifications."""

from django.conf import settings
from django.urls import reverse

SCREENS = {
    "invoices": "billing_invoice",
    "credit-notes": "billing_creditnote",
    "orders": "billing_order",
    "contracts": "contracts_contract",
    "stock": "inventory_stock",
}
"""The admin that shows an API resource."""

PAGES = {"conversations": "messenger"}
"""The page that shows an API resource without an admin. The id is in the URL's fragment."""


def page_of(link: str | None) -> str | None:
    """Return the back-office page of `/api/v1/<resource>/<id>`, or None if there is none."""
    resource, _, pk = (link or "").removeprefix("/api/v1/").partition("/")
    if resource in PAGES and pk:
        return f"{reverse(f'admin:{PAGES[resource]}')}#{pk}"
    return reverse(f"admin:{SCREENS[resource]}_change", args=[pk]) if resource in SCREENS and pk else None


def address_of(link: str | None) -> str | None:
    """Return that page's absolute URL, for use in mail; None if SKELETON_PUBLIC_URL is not set."""
    page = page_of(link)
    return f"{settings.SKELETON_PUBLIC_URL.rstrip('/')}{page}" if page and settings.SKELETON_PUBLIC_URL else None
