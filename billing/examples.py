"""Bodies from the API reference, for the OpenAPI document."""

from drf_spectacular.utils import OpenApiExample

_CUSTOMER = "01972b15-8000-7000-8000-0000000000c1"

INVOICE = OpenApiExample(
    "An invoice with two lines",
    value={
        "customer_id": _CUSTOMER,
        "due_date": "2026-02-15",
        "notes": "Thank you for your business",
        "lines": [
            {"description": "Consulting services", "quantity": 10, "unit_price": 15000, "currency": "USD"},
            {"description": "Software license", "quantity": 1, "unit_price": 5000, "currency": "USD"},
        ],
    },
    request_only=True,
)

LINE = OpenApiExample(
    "A line",
    value={"description": "Additional service", "quantity": 5, "unit_price": 2000, "currency": "USD"},
    request_only=True,
)

PAYMENT = OpenApiExample(
    "A part of what is due",
    value={"amount": 50000, "currency": "USD", "method": "bank_transfer", "reference": "TXN-12345"},
    request_only=True,
)
