"""Back-office links for the API paths in notifications."""

from django.conf import settings
from django.urls import reverse

ADMIN_BY_RESOURCE = {
    "invoices": "billing_invoice",
    "credit-notes": "billing_creditnote",
    "orders": "billing_order",
    "contracts": "contracts_contract",
    "stock": "inventory_stock",
}
"""The admin that shows an API resource."""

PAGE_BY_RESOURCE = {"conversations": "messenger"}
"""The page that shows an API resource without an admin. The id is in the URL's fragment."""


def back_office_path(link: str | None) -> str | None:
    """Return the back-office page of `/api/v1/<resource>/<id>`, or None if there is none."""
    resource, _, pk = (link or "").removeprefix("/api/v1/").partition("/")
    if resource in PAGE_BY_RESOURCE and pk:
        return f"{reverse(f'admin:{PAGE_BY_RESOURCE[resource]}')}#{pk}"
    return (
        reverse(f"admin:{ADMIN_BY_RESOURCE[resource]}_change", args=[pk])
        if resource in ADMIN_BY_RESOURCE and pk
        else None
    )


def absolute_url(link: str | None) -> str | None:
    """Return that page's absolute URL, for use in mail; None if SKELETON_PUBLIC_URL is not set."""
    page = back_office_path(link)
    return f"{settings.SKELETON_PUBLIC_URL.rstrip('/')}{page}" if page and settings.SKELETON_PUBLIC_URL else None
