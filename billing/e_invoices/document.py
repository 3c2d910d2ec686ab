"""The business terms of EN 16931 that an invoice or a credit note of ours can have.

Pure data: amounts are decimals in the document's currency, texts have no control characters, what is missing is None.
Each field names its term (BT) or group (BG) of the standard. The writers translate a document to XML, the rules check
it.
"""

import datetime as dt
from dataclasses import dataclass
from decimal import Decimal

INVOICE = "380"
"""Type code (BT-3, UNTDID 1001) of an invoice."""

CREDIT_NOTE = "381"
"""Type code (BT-3, UNTDID 1001) of a credit note."""

NOT_SUBJECT_TO_TAX = "O"
"""The one VAT category (UNTDID 5305) whose lines have no rate."""


@dataclass(frozen=True, slots=True)
class ElectronicAddress:
    """Where a party receives electronic documents: BT-34 of the seller, BT-49 of the buyer."""

    id: str
    scheme: str | None
    """Code of the Electronic Address Scheme list: `EM` is e-mail, `0204` a German Leitweg-ID."""


@dataclass(frozen=True, slots=True)
class Address:
    """A postal address: BG-5 of the seller, BG-8 of the buyer, BG-15 of the delivery."""

    country: str | None
    """BT-40, BT-55, BT-80 (ISO 3166-1 alpha-2)."""
    street: str | None = None
    """BT-35, BT-50, BT-75."""
    city: str | None = None
    """BT-37, BT-52, BT-77."""
    postal_code: str | None = None
    """BT-38, BT-53, BT-78."""
    region: str | None = None
    """BT-39, BT-54, BT-79."""


@dataclass(frozen=True, slots=True)
class Contact:
    """The person or department to ask: BG-6 of the seller, BG-9 of the buyer."""

    name: str | None = None
    """BT-41, BT-56."""
    phone: str | None = None
    """BT-42, BT-57."""
    email: str | None = None
    """BT-43, BT-58."""


@dataclass(frozen=True, slots=True)
class TradeParty:
    """The seller (BG-4) or the buyer (BG-7)."""

    name: str | None
    """BT-27, BT-44."""
    address: Address | None
    """BG-5, BG-8."""
    trade_name: str | None = None
    """BT-28, BT-45."""
    registration_number: str | None = None
    """BT-30, BT-47."""
    vat_id: str | None = None
    """BT-31, BT-48, with the prefix of its country."""
    tax_number: str | None = None
    """BT-32, sellers only."""
    contact: Contact | None = None
    """BG-6, BG-9."""
    electronic_address: ElectronicAddress | None = None
    """BT-34, BT-49."""


@dataclass(frozen=True, slots=True)
class Period:
    """The days on which services were supplied (BG-14)."""

    start: dt.date
    """BT-73."""
    end: dt.date
    """BT-74."""


@dataclass(frozen=True, slots=True)
class Delivery:
    """When and where goods were delivered (BG-13)."""

    date: dt.date | None = None
    """BT-72."""
    name: str | None = None
    """BT-70."""
    address: Address | None = None
    """BG-15."""


@dataclass(frozen=True, slots=True)
class Account:
    """The bank account to pay to (BG-17)."""

    iban: str
    """BT-84."""
    holder: str | None = None
    """BT-85."""
    bic: str | None = None
    """BT-86."""


@dataclass(frozen=True, slots=True)
class Payment:
    """How to pay (BG-16)."""

    means_code: str
    """BT-81 (UNTDID 4461)."""
    reference: str | None = None
    """BT-83, what the payer should quote."""
    account: Account | None = None
    """BG-17."""


@dataclass(frozen=True, slots=True)
class PrecedingInvoice:
    """The invoice that a credit note corrects (BG-3)."""

    number: str
    """BT-25."""
    issue_date: dt.date | None = None
    """BT-26."""


@dataclass(frozen=True, slots=True)
class Totals:
    """The totals of a document (BG-22)."""

    lines: Decimal
    """BT-106, the sum of the lines' net amounts."""
    without_tax: Decimal
    """BT-109."""
    tax: Decimal
    """BT-110."""
    with_tax: Decimal
    """BT-112."""
    due: Decimal
    """BT-115."""
    paid: Decimal = Decimal(0)
    """BT-113."""


@dataclass(frozen=True, slots=True)
class TaxRow:
    """What one VAT category and rate come to (BG-23)."""

    category: str | None
    """BT-118 (UNTDID 5305). None if it is not known, which no profile accepts."""
    rate: Decimal
    """BT-119, in percent."""
    base: Decimal
    """BT-116."""
    tax: Decimal
    """BT-117."""
    reason: str | None = None
    """BT-120, why no VAT is charged."""
    reason_code: str | None = None
    """BT-121 (VATEX)."""


@dataclass(frozen=True, slots=True)
class Adjustment:
    """A discount of a line (BG-27) or a charge on it (BG-28)."""

    amount: Decimal
    """BT-136, BT-141."""
    reason: str | None
    """BT-139, BT-144."""


@dataclass(frozen=True, slots=True)
class Line:
    """A line (BG-25)."""

    id: str
    """BT-126."""
    name: str | None
    """BT-153."""
    quantity: Decimal
    """BT-129."""
    unit: str
    """BT-130 (UN/ECE Recommendation 20 and 21)."""
    price: Decimal
    """BT-146, for `base_quantity` units."""
    total: Decimal
    """BT-131, without VAT."""
    category: str | None
    """BT-151."""
    rate: Decimal
    """BT-152, in percent."""
    base_quantity: Decimal = Decimal(1)
    """BT-149."""
    item_number: str | None = None
    """BT-155, the seller's."""
    discount: Adjustment | None = None
    """BG-27."""
    charge: Adjustment | None = None
    """BG-28."""

    @property
    def written_rate(self) -> Decimal | None:
        """Return BT-152 as it is written: what isn't subject to VAT has no rate, not even 0 (BR-O-05)."""
        return None if self.category == NOT_SUBJECT_TO_TAX and self.rate == 0 else self.rate


@dataclass(frozen=True, slots=True)
class Document:
    """An invoice or a credit note."""

    number: str | None
    """BT-1. None as long as a draft has none."""
    type_code: str
    """BT-3."""
    issue_date: dt.date
    """BT-2."""
    currency: str
    """BT-5."""
    seller: TradeParty
    """BG-4."""
    buyer: TradeParty
    """BG-7."""
    lines: tuple[Line, ...]
    """BG-25."""
    taxes: tuple[TaxRow, ...]
    """BG-23."""
    totals: Totals
    """BG-22."""
    payment: Payment | None = None
    """BG-16."""
    due_date: dt.date | None = None
    """BT-9."""
    terms: str | None = None
    """BT-20."""
    buyer_reference: str | None = None
    """BT-10: what the buyer assigned to find the way inside, in Germany the Leitweg-ID."""
    purchase_order: str | None = None
    """BT-13, the number of the buyer's order."""
    sales_order: str | None = None
    """BT-14, the number of the seller's order."""
    note: str | None = None
    """BT-22."""
    preceding: PrecedingInvoice | None = None
    """BG-3."""
    delivery: Delivery | None = None
    """BG-13."""
    period: Period | None = None
    """BG-14."""

    @property
    def is_credit_note(self) -> bool:
        return self.type_code == CREDIT_NOTE
