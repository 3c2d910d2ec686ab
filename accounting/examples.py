"""Request bodies for the OpenAPI document."""

from drf_spectacular.utils import OpenApiExample

TAX_CODE = OpenApiExample(
    "The standard rate",
    value={
        "code": "DE-S19",
        "name": {"en": "VAT 19 %", "de": "Umsatzsteuer 19 %"},
        "category": "S",
        "rate": 19,
        "valid_from": "2021-01-01",
    },
    request_only=True,
)

EXEMPT_TAX_CODE = OpenApiExample(
    "Reverse charge",
    value={
        "code": "DE-AE",
        "name": {"en": "Reverse charge", "de": "Steuerschuldnerschaft des Leistungsempfängers"},
        "category": "AE",
        "exemption_code": "VATEX-EU-AE",
        "exemption_reason": {
            "en": "Reverse charge: the customer owes the VAT.",
            "de": "Steuerschuldnerschaft des Leistungsempfängers.",
        },
    },
    request_only=True,
)
