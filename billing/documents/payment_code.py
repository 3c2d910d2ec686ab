"""The QR code with which a banking app fills in a transfer: "EPC069-12", the Quick Response Code of the EPC.

The code is for euros. The contents of a document have what it says, the drawing is made when the document is rendered.
"""

from decimal import Decimal
from typing import Any

from segno.helpers import make_epc_qr

from billing.choices import InvoiceStatus
from skeleton.kernel.bank_accounts import parse_iban

CURRENCY = "EUR"
_CENTS = Decimal("0.01")
_MOST = 99_999_999_999
"""The highest amount of a code, in cents."""
_NAME_MAX = 70
_UTF_8 = 1

Json = dict[str, Any]


def payment_code(invoice: Json, seller: Json) -> Json | None:
    """Return what the code of an invoice says. None if nothing is due in euros, or there is no account to pay to."""
    iban = parse_iban(seller.get("iban") or "")
    due: int = invoice["amount_due"]
    if invoice["status"] != InvoiceStatus.SENT or invoice["currency"] != CURRENCY or not iban or not 0 < due <= _MOST:
        return None
    return {
        "name": seller["name"][:_NAME_MAX],
        "iban": iban,
        "bic": seller.get("bic") or None,
        "amount": str(due * _CENTS),
        "text": invoice["number"],
    }


def draw(code: Json) -> str:
    """Return the code as SVG."""
    drawn = make_epc_qr(**{**code, "amount": Decimal(code["amount"])}, encoding=_UTF_8)
    svg: str = drawn.svg_inline(border=0, omitsize=True)
    return svg
