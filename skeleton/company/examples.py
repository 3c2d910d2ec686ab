"""Request bodies for the OpenAPI document."""

from drf_spectacular.utils import OpenApiExample

COMPANY = OpenApiExample(
    "A company in Berlin",
    value={
        "legal_name": "Muster Handel GmbH",
        "street": "Musterstraße 1",
        "postal_code": "10115",
        "city": "Berlin",
        "country": "DE",
        "vat_id": "DE136695976",
        "registration_number": "HRB 12345 B, Amtsgericht Charlottenburg",
        "email": "rechnung@muster-handel.de",
        "currency": "EUR",
        "payment_days": 14,
        "electronic_address": {"scheme": "9930", "id": "DE136695976"},
        "bank_accounts": [{"bank": "Commerzbank", "iban": "DE89 3704 0044 0532 0130 00", "bic": "COBADEFFXXX"}],
    },
    request_only=True,
)
