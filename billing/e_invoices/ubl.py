"""Writes documents as UBL 2.1, the syntax of XRechnung and Peppol."""

import datetime as dt
from decimal import Decimal
from typing import Any

from lxml import etree

from billing.e_invoices.document import (
    Account,
    Address,
    Adjustment,
    Contact,
    Delivery,
    Document,
    Line,
    Payment,
    Period,
    TaxRow,
    TradeParty,
)
from billing.e_invoices.profiles import Profile

_OASIS = "urn:oasis:names:specification:ubl:schema:xsd:"
_NAMESPACES = {"cac": f"{_OASIS}CommonAggregateComponents-2", "cbc": f"{_OASIS}CommonBasicComponents-2"}

Node = etree._Element  # lxml-stubs name the class so
Value = str | dt.date | Decimal | None


def write_ubl(document: Document, profile: Profile) -> bytes:
    """Return the document as UBL, encoded as UTF-8. What is missing is left out; nothing is checked."""
    kind = "CreditNote" if document.is_credit_note else "Invoice"
    namespace = f"{_OASIS}{kind}-2"
    nsmap: dict[Any, str] = {None: namespace, **_NAMESPACES}  # the stubs don't know a default namespace
    root = etree.Element(f"{{{namespace}}}{kind}", nsmap=nsmap)
    for node in (*_header(document, profile), *_parties(document), *_payment(document), *_figures(document)):
        if node is not None:
            root.append(node)
    return etree.tostring(root, xml_declaration=True, encoding="UTF-8", pretty_print=True)


def plain(number: Decimal) -> str:
    """Return a quantity or a rate without exponent and superfluous zeros."""
    return format(number.normalize(), "f")


def _value(name: str, value: Value, **attributes: str | None) -> Node | None:
    """Return an element with a value, or None if there is no value. Amounts keep their decimals."""
    if value is None or value == "":
        return None
    node = etree.Element(f"{{{_NAMESPACES['cbc']}}}{name}")
    node.text = value.isoformat() if isinstance(value, dt.date) else str(value)
    for key, attribute in attributes.items():
        if attribute is not None:
            node.set(key, attribute)
    return node


def _group(name: str, *children: Node | None) -> Node | None:
    """Return an element with `children`, or None if all of them are missing."""
    present = [child for child in children if child is not None]
    if not present:
        return None
    node = etree.Element(f"{{{_NAMESPACES['cac']}}}{name}")
    node.extend(present)
    return node


def _header(document: Document, profile: Profile) -> list[Node | None]:
    credit, preceding = document.is_credit_note, document.preceding
    referred = (
        _group("InvoiceDocumentReference", _value("ID", preceding.number), _value("IssueDate", preceding.issue_date))
        if preceding
        else None
    )
    # an order reference needs the buyer's number; without one, the guidelines want NA beside the seller's
    order = document.purchase_order or ("NA" if document.sales_order else None)
    return [
        _value("CustomizationID", profile.specification),
        _value("ProfileID", profile.business_process),
        _value("ID", document.number),
        _value("IssueDate", document.issue_date),
        None if credit else _value("DueDate", document.due_date),
        _value("CreditNoteTypeCode" if credit else "InvoiceTypeCode", document.type_code),
        _value("Note", document.note),
        _value("DocumentCurrencyCode", document.currency),
        _value("BuyerReference", document.buyer_reference),
        _period(document.period),
        _group("OrderReference", _value("ID", order), _value("SalesOrderID", document.sales_order)),
        _group("BillingReference", referred),
    ]


def _period(period: Period | None) -> Node | None:
    if period is None:
        return None
    return _group("InvoicePeriod", _value("StartDate", period.start), _value("EndDate", period.end))


def _parties(document: Document) -> list[Node | None]:
    return [
        _group("AccountingSupplierParty", _party(document.seller, is_seller=True)),
        _group("AccountingCustomerParty", _party(document.buyer, is_seller=False)),
        _delivery(document.delivery),
    ]


def _delivery(delivery: Delivery | None) -> Node | None:
    if delivery is None:
        return None
    return _group(
        "Delivery",
        _value("ActualDeliveryDate", delivery.date),
        _group("DeliveryLocation", _address("Address", delivery.address)),
        _group("DeliveryParty", _group("PartyName", _value("Name", delivery.name))),
    )


def _party(party: TradeParty, *, is_seller: bool) -> Node | None:
    endpoint = party.electronic_address
    return _group(
        "Party",
        _value("EndpointID", endpoint.id, schemeID=endpoint.scheme) if endpoint else None,
        _group("PartyName", _value("Name", party.trade_name)),
        _address("PostalAddress", party.address),
        _tax_scheme(party.vat_id, "VAT"),
        _tax_scheme(party.tax_number if is_seller else None, "FC"),
        _group(
            "PartyLegalEntity",
            _value("RegistrationName", party.name),
            _value("CompanyID", party.registration_number),
        ),
        _contact(party.contact),
    )


def _contact(contact: Contact | None) -> Node | None:
    if contact is None:
        return None
    return _group(
        "Contact",
        _value("Name", contact.name),
        _value("Telephone", contact.phone),
        _value("ElectronicMail", contact.email),
    )


def _tax_scheme(number: str | None, scheme: str) -> Node | None:
    if not number:
        return None
    return _group("PartyTaxScheme", _value("CompanyID", number), _group("TaxScheme", _value("ID", scheme)))


def _address(name: str, address: Address | None) -> Node | None:
    if address is None:
        return None
    return _group(
        name,
        _value("StreetName", address.street),
        _value("CityName", address.city),
        _value("PostalZone", address.postal_code),
        _value("CountrySubentity", address.region),
        _group("Country", _value("IdentificationCode", address.country)),
    )


def _payment(document: Document) -> list[Node | None]:
    due = document.due_date if document.is_credit_note else None
    return [
        _payment_means(document.payment, due) if document.payment else None,
        _group("PaymentTerms", _value("Note", document.terms)),
    ]


def _payment_means(payment: Payment, due: dt.date | None) -> Node | None:
    return _group(
        "PaymentMeans",
        _value("PaymentMeansCode", payment.means_code),
        _value("PaymentDueDate", due),
        _value("PaymentID", payment.reference),
        _account(payment.account),
    )


def _account(account: Account | None) -> Node | None:
    if account is None:
        return None
    return _group(
        "PayeeFinancialAccount",
        _value("ID", account.iban),
        _value("Name", account.holder),
        _group("FinancialInstitutionBranch", _value("ID", account.bic)),
    )


def _figures(document: Document) -> list[Node | None]:
    currency, totals = document.currency, document.totals
    return [
        _group(
            "TaxTotal",
            _value("TaxAmount", totals.tax, currencyID=currency),
            *(_tax_row(row, currency) for row in document.taxes),
        ),
        _group(
            "LegalMonetaryTotal",
            _value("LineExtensionAmount", totals.lines, currencyID=currency),
            _value("TaxExclusiveAmount", totals.without_tax, currencyID=currency),
            _value("TaxInclusiveAmount", totals.with_tax, currencyID=currency),
            _value("PrepaidAmount", totals.paid or None, currencyID=currency),
            _value("PayableAmount", totals.due, currencyID=currency),
        ),
        *(_line(line, document) for line in document.lines),
    ]


def _tax_row(row: TaxRow, currency: str) -> Node | None:
    return _group(
        "TaxSubtotal",
        _value("TaxableAmount", row.base, currencyID=currency),
        _value("TaxAmount", row.tax, currencyID=currency),
        _category("TaxCategory", row.category, row.rate, row.reason_code, row.reason),
    )


def _category(
    name: str, category: str | None, rate: Decimal | None, reason_code: str | None = None, reason: str | None = None
) -> Node | None:
    return _group(
        name,
        _value("ID", category),
        None if rate is None else _value("Percent", plain(rate)),
        _value("TaxExemptionReasonCode", reason_code),
        _value("TaxExemptionReason", reason),
        _group("TaxScheme", _value("ID", "VAT")),
    )


def _line(line: Line, document: Document) -> Node | None:
    credit, currency = document.is_credit_note, document.currency
    return _group(
        "CreditNoteLine" if credit else "InvoiceLine",
        _value("ID", line.id),
        _value("CreditedQuantity" if credit else "InvoicedQuantity", plain(line.quantity), unitCode=line.unit),
        _value("LineExtensionAmount", line.total, currencyID=currency),
        _adjustment(line.discount, currency, is_charge=False),
        _adjustment(line.charge, currency, is_charge=True),
        _group(
            "Item",
            _value("Name", line.name),
            _group("SellersItemIdentification", _value("ID", line.item_number)),
            _category("ClassifiedTaxCategory", line.category, line.written_rate),
        ),
        _group(
            "Price",
            _value("PriceAmount", line.price, currencyID=currency),
            None if line.base_quantity == 1 else _value("BaseQuantity", plain(line.base_quantity), unitCode=line.unit),
        ),
    )


def _adjustment(adjustment: Adjustment | None, currency: str, *, is_charge: bool) -> Node | None:
    if adjustment is None:
        return None
    return _group(
        "AllowanceCharge",
        _value("ChargeIndicator", "true" if is_charge else "false"),
        _value("AllowanceChargeReason", adjustment.reason),
        _value("Amount", adjustment.amount, currencyID=currency),
    )
