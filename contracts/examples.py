"""Request bodies from the API reference, for the OpenAPI document."""

from drf_spectacular.utils import OpenApiExample

CONTRACT = OpenApiExample(
    "A supply contract on credit",
    value={
        "contract_type": "supply",
        "party_id": "019d75e7-0000-7000-8000-0000000000c1",
        "payment_type": "credit",
        "credit_days": 30,
        "currency": "UAH",
        "delivery_type": "delivery",
        "estimated_days": 5,
        "start_date": "2026-01-15",
        "end_date": "2027-01-14",
        "credit_limit": 500000000,
    },
    request_only=True,
)

UPDATE = OpenApiExample("Another type", value={"contract_type": "service"}, request_only=True)

REJECT = OpenApiExample("What is missing", value={"reason": "The delivery terms are missing"}, request_only=True)

ACTIVATE = OpenApiExample("Signed in Kyiv", value={"signed_at": "2026-01-20T10:00:00+02:00"}, request_only=True)

TERMINATE = OpenApiExample("A breach", value={"reason": "Breach of terms"}, request_only=True)

TERMINATE_LATER = OpenApiExample(
    "With notice", value={"reason": "Moved to another supplier", "effective_date": "2027-01-01"}, request_only=True
)

RENEW = OpenApiExample("A year more", value={"new_end_date": "2028-01-14"}, request_only=True)

PAYMENT_TERMS = OpenApiExample(
    "More credit", value={"payment_type": "credit", "credit_days": 45, "currency": "UAH"}, request_only=True
)

DELIVERY_TERMS = OpenApiExample("A week", value={"delivery_type": "delivery", "estimated_days": 7}, request_only=True)
