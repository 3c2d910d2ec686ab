"""The kinds of objects of this app that have events."""

from skeleton.events.kinds import CREATED, DELETED, UPDATED, Kind

_ORDERS, _INVOICES = ("orders:read",), ("invoices:read",)
_EMAIL = {"sent": "sent", "failed": "failed", "cancelled": "cancelled"}

KINDS = (
    Kind(
        "order",
        "billing_order",
        "orders",
        "/orders/{id}",
        _ORDERS,
        statuses={
            "pending": "submitted",
            "confirmed": "confirmed",
            "shipped": "shipped",
            "delivered": "delivered",
            "cancelled": "cancelled",
        },
        parts=("billing_order_line",),
    ),
    Kind(
        "invoice",
        "billing_invoice",
        "invoices",
        "/invoices/{id}",
        _INVOICES,
        statuses={"sent": "sent", "paid": "paid", "cancelled": "cancelled"},
        transitions={"paid>sent": "reopened"},
        parts=("billing_invoice_line", "billing_settlement"),
    ),
    Kind(
        "credit_note",
        "billing_credit_note",
        "invoices",
        "/credit-notes/{id}",
        _INVOICES,
        statuses={"sent": "sent"},
        verbs=(CREATED, UPDATED, DELETED),
        parts=("billing_credit_note_line",),
    ),
    Kind("payment", "billing_payment", "invoices", "/payments/{id}", _INVOICES),
    Kind("email", "billing_email", "invoices", None, _INVOICES, statuses=_EMAIL),
    Kind("email", "billing_email", "orders", None, _ORDERS, statuses=_EMAIL),
)
