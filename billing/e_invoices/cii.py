"""Writes documents as CII (UN/CEFACT Cross Industry Invoice), the syntax of Factur-X, ZUGFeRD and XRechnung."""

from decimal import Decimal
from typing import cast

from drafthorse.models.accounting import ApplicableTradeTax, TradeAllowanceCharge
from drafthorse.models.document import Document as CiiDocument
from drafthorse.models.note import IncludedNote
from drafthorse.models.party import PostalTradeAddress, TaxRegistration
from drafthorse.models.party import TradeParty as CiiParty
from drafthorse.models.payment import PaymentMeans, PaymentTerms
from drafthorse.models.trade import TradeAgreement, TradeSettlement
from drafthorse.models.tradelines import LineItem

from billing.e_invoices.document import (
    Address,
    Adjustment,
    Contact,
    Document,
    Line,
    Payment,
    TaxRow,
    TradeParty,
)
from billing.e_invoices.profiles import Profile
from billing.e_invoices.ubl import plain


def write_cii(document: Document, profile: Profile) -> bytes:
    """Return the document as CII, encoded as UTF-8. What is missing is left out; nothing is checked."""
    written = CiiDocument()
    if profile.business_process:
        written.context.business_parameter.id = profile.business_process
    written.context.guideline_parameter.id = profile.specification
    written.header.id = document.number or ""
    written.header.type_code = document.type_code
    written.header.issue_date_time = document.issue_date
    if document.note:
        note = IncludedNote()
        note.content = document.note
        written.header.notes.add(note)
    for line in document.lines:
        written.trade.items.add(_line(line))
    _write_agreement(written.trade.agreement, document)
    _write_delivery(written, document)
    _write_settlement(written.trade.settlement, document)
    return cast("bytes", written.serialize(schema=None))


def _write_agreement(agreement: TradeAgreement, document: Document) -> None:
    agreement.buyer_reference = document.buyer_reference or ""
    _write_party(agreement.seller, document.seller, is_seller=True)
    _write_party(agreement.buyer, document.buyer, is_seller=False)
    agreement.seller_order.issuer_assigned_id = document.sales_order or ""
    agreement.buyer_order.issuer_assigned_id = document.purchase_order or ""


def _write_delivery(written: CiiDocument, document: Document) -> None:
    delivery = document.delivery
    if not delivery:
        return
    written.trade.delivery.ship_to.name = delivery.name or ""
    _write_address(written.trade.delivery.ship_to.address, delivery.address)
    if delivery.date:
        written.trade.delivery.event.occurrence = delivery.date


def _write_settlement(settlement: TradeSettlement, document: Document) -> None:
    settlement.currency_code = document.currency
    if document.payment:
        settlement.payment_reference = document.payment.reference or ""
        settlement.payment_means.add(_payment_means(document.payment))
    for row in document.taxes:
        settlement.trade_tax.add(_tax_row(row))
    if document.period:
        settlement.period.start = document.period.start
        settlement.period.end = document.period.end
    if document.terms or document.due_date:
        terms = PaymentTerms()
        terms.description = document.terms or ""
        if document.due_date:
            terms.due = document.due_date
        settlement.terms.add(terms)
    _write_totals(settlement, document)
    if document.preceding:
        settlement.invoice_referenced_document.issuer_assigned_id = document.preceding.number
        if document.preceding.issue_date:
            settlement.invoice_referenced_document.issue_date_time = document.preceding.issue_date


def _write_totals(settlement: TradeSettlement, document: Document) -> None:
    totals, sums = document.totals, settlement.monetary_summation
    sums.line_total = totals.lines
    sums.tax_basis_total = totals.without_tax
    sums.tax_total = (totals.tax, document.currency)
    sums.grand_total = totals.with_tax
    if totals.paid:
        sums.prepaid_total = totals.paid
    sums.due_amount = totals.due


def _write_party(written: CiiParty, party: TradeParty, *, is_seller: bool) -> None:
    written.name = party.name or ""
    written.legal_organization.id = party.registration_number or ""
    written.legal_organization.trade_name = party.trade_name or ""
    if party.contact:
        _write_contact(written, party.contact)
    _write_address(written.address, party.address)
    if party.electronic_address:
        written.electronic_address.uri_ID = (party.electronic_address.scheme or "", party.electronic_address.id)
    tax_numbers = [("VA", party.vat_id), ("FC", party.tax_number if is_seller else None)]
    for scheme, number in tax_numbers:
        if number:
            registration = TaxRegistration()
            registration.id = (scheme, number)
            written.tax_registrations.add(registration)


def _write_contact(written: CiiParty, contact: Contact) -> None:
    written.contact.person_name = contact.name or ""
    written.contact.telephone.number = contact.phone or ""
    written.contact.email.address = contact.email or ""


def _write_address(written: PostalTradeAddress, address: Address | None) -> None:
    if address:
        written.postcode = address.postal_code or ""
        written.line_one = address.street or ""
        written.city_name = address.city or ""
        written.country_id = address.country or ""
        written.country_subdivision = address.region or ""


def _payment_means(payment: Payment) -> PaymentMeans:
    means = PaymentMeans()
    means.type_code = payment.means_code
    if payment.account:
        means.payee_account.iban = payment.account.iban
        means.payee_account.account_name = payment.account.holder or ""
        means.payee_institution.bic = payment.account.bic or ""
    return means


def _tax_row(row: TaxRow) -> ApplicableTradeTax:
    tax = ApplicableTradeTax()
    tax.calculated_amount = row.tax
    tax.exemption_reason = row.reason or ""
    tax.basis_amount = row.base
    tax.exemption_reason_code = row.reason_code or ""
    _write_category(tax, row.category, row.rate)
    return tax


def _write_category(tax: ApplicableTradeTax, category: str | None, rate: Decimal | None) -> None:
    tax.type_code = "VAT"
    tax.category_code = category or ""
    if rate is not None:
        tax.rate_applicable_percent = plain(rate)


def _line(line: Line) -> LineItem:
    item = LineItem()
    item.document.line_id = line.id
    item.product.name = line.name or ""
    item.product.seller_assigned_id = line.item_number or ""
    item.agreement.net.amount = line.price
    if line.base_quantity != 1:
        item.agreement.net.basis_quantity = (plain(line.base_quantity), line.unit)
    item.delivery.billed_quantity = (plain(line.quantity), line.unit)
    _write_category(item.settlement.trade_tax, line.category, line.written_rate)
    if line.discount:
        item.settlement.allowance_charge.add(_adjustment(line.discount, is_charge=False))
    if line.charge:
        item.settlement.allowance_charge.add(_adjustment(line.charge, is_charge=True))
    item.settlement.monetary_summation.total_amount = line.total
    return item


def _adjustment(adjustment: Adjustment, *, is_charge: bool) -> TradeAllowanceCharge:
    written = TradeAllowanceCharge()
    written.indicator = is_charge
    written.actual_amount = adjustment.amount
    written.reason = adjustment.reason or ""
    return written
