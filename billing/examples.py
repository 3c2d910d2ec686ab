"""Request bodies from the API reference, for the OpenAPI document."""

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

TAXED_LINE = OpenApiExample(
    "A line with a tax code, in hours",
    value={"description": "Repair", "quantity": 1.5, "unit_code": "HUR", "unit_price": 6500, "tax_code": "DE-S19"},
    request_only=True,
)

INVOICE_OF_SERVICE = OpenApiExample(
    "Of a service, due by the customer's payment days",
    value={
        "customer_id": _CUSTOMER,
        "service_start": "2026-02-01",
        "service_end": "2026-02-28",
        "buyer_reference": "04011000-12345-67",
        "purchase_order_reference": "PO 4711",
        "delivery_address": {"street": "Rampe 4", "city": "Graz", "postal_code": "8010", "country": "AT"},
        "lines": [{"description": "Maintenance", "quantity": 1, "unit_price": 10000, "tax_rate": 20}],
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

PAYMENT_OF_SEVERAL = OpenApiExample(
    "One transfer for two invoices, with a rest on account",
    value={
        "customer_id": _CUSTOMER,
        "amount": 150000,
        "currency": "USD",
        "method": "bank_transfer",
        "reference": "TXN-12346",
        "allocations": [
            {"invoice_id": "01972b15-8000-7000-8000-0000000000e1", "amount": 100000},
            {"invoice_id": "01972b15-8000-7000-8000-0000000000e2", "amount": 45000},
        ],
    },
    request_only=True,
)

ALLOCATE = OpenApiExample(
    "As much as fits", value={"invoice_id": "01972b15-8000-7000-8000-0000000000e1"}, request_only=True
)

REVERSE = OpenApiExample("A returned payment", value={"reason": "Returned by the bank"}, request_only=True)

REFUND = OpenApiExample(
    "Pay back a part",
    value={"amount": 5000, "method": "bank_transfer", "reference": "RET-12346"},
    request_only=True,
)

ORDER = OpenApiExample(
    "An order of one item",
    value={
        "customer_id": _CUSTOMER,
        "shipping_address": {
            "street": "456 Oak St",
            "city": "Los Angeles",
            "state": "CA",
            "postal_code": "90001",
            "country": "US",
        },
        "lines": [
            {
                "item_id": "01972b15-8000-7000-8000-0000000000d1",
                "quantity": 5,
                "unit_price": 10000,
                "currency": "USD",
            }
        ],
    },
    request_only=True,
)

ORDER_LINE = OpenApiExample(
    "At the catalogue's price",
    value={"item_id": "01972b15-8000-7000-8000-0000000000d1", "quantity": 2.5},
    request_only=True,
)

CONFIRM = OpenApiExample("Confirm", value={"status": "confirmed"}, request_only=True)

_LINE = "01972b15-8000-7000-8000-0000000000e1"

CREDIT_NOTE = OpenApiExample(
    "Two of the items came back",
    value={
        "reason": "Damaged in transit",
        "lines": [{"invoice_line_id": _LINE, "quantity": 2}],
        "send": True,
    },
    request_only=True,
)

CREDIT_NOTE_ALLOCATION = OpenApiExample(
    "As much as fits", value={"invoice_id": "01972b15-8000-7000-8000-0000000000f1"}, request_only=True
)

CREDIT_NOTE_REFUND = OpenApiExample(
    "A part of it", value={"amount": 5000, "method": "bank_transfer", "reference": "Refund"}, request_only=True
)

WRITE_OFF = OpenApiExample(
    "Bad debt, with its tax", value={"reason": "The customer is insolvent", "correct_tax": True}, request_only=True
)

OPENING = OpenApiExample(
    "The bank, a loan, and an invoice of which a part is open",
    value={
        "date": "2026-01-01",
        "balances": [
            {"account_id": "1200", "debit": 1250000, "currency": "USD"},
            {"account_id": "2100", "credit": 400000, "currency": "USD"},
        ],
        "invoices": [
            {
                "customer_id": _CUSTOMER,
                "number": "R-2025-0815",
                "issue_date": "2025-11-20",
                "due_date": "2025-12-20",
                "amount": 11900,
                "currency": "USD",
                "tax": [{"tax_rate": 19, "base": 10000, "tax": 1900}],
            }
        ],
    },
    request_only=True,
)
