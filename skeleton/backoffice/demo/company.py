"""The company of the demo: its record, bank accounts and logo."""

from pathlib import Path
from typing import Any

from skeleton.backoffice.demo.world import World
from skeleton.company.queries import current_company
from skeleton.company.services import update_company, upload_logo

LOGO = Path(__file__).with_name("logo.png")

COMPANY: dict[str, Any] = {
    "legal_name": "Northwind Handel GmbH",
    "trade_name": "Northwind",
    "street": "Lindenallee 7",
    "postal_code": "10115",
    "city": "Berlin",
    "country": "DE",
    "vat_id": "DE136695976",
    "tax_number": "29/815/08152",
    "registration_number": "HRB 12345 B, Amtsgericht Charlottenburg",
    "contact_name": "Olena Kovalenko",
    "phone": "+49 30 901820",
    "email": "billing@northwind.example",
    "website": "https://northwind.example",
    "payment_days": 30,
    "invoice_footer": "Managing director: Olena Kovalenko",
    "electronic_address": {"scheme": "9930", "id": "DE136695976"},
    "bank_accounts": [
        {"bank": "Commerzbank", "iban": "DE89370400440532013000", "bic": "COBADEFFXXX", "is_default": True},
        {"bank": "NatWest", "iban": "GB29NWBK60161331926819", "bic": "NWBKGB2L", "currency": "GBP"},
    ],
}


def set_up_company(world: World) -> None:
    """Complete the company's record, unless somebody has done it."""
    if current_company()[0].country is None:
        actor = world.random_writer()
        update_company(values=COMPANY, actor=actor)
        upload_logo(content=LOGO.read_bytes(), name=LOGO.name, actor=actor)
