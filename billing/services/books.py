"""Postings of documents to accounting, always in the transaction that changes the document.

At commit, PostgreSQL refuses a sent invoice or a payment without its entry, and an entry without its document
(migration `0006_books`). Entries are written last in a transaction, because the accounts' totals stay locked until it
ends.
"""

import datetime as dt
from collections.abc import Iterator
from contextlib import contextmanager

from django.utils.translation import gettext_lazy as _

from accounting.choices import Role, SourceType
from accounting.services import Posting, post_entry, reverse_document
from billing.choices import PaymentMethod, Purpose
from billing.models import Invoice, Payment
from skeleton.kernel.actors import Actor
from skeleton.kernel.errors import Conflict, Invalid
from skeleton.kernel.text import format_text


def post_invoice(invoice: Invoice, *, day: dt.date, actor: Actor) -> None:
    """Post receivables to revenue and tax. An invoice of 0 is not posted.

    Raises Conflict if it can't be posted: a closed period, an account that is missing or inactive.
    """
    if invoice.total == 0:
        return
    lines = [
        Posting(Role.RECEIVABLE.code, debit=invoice.total),
        Posting(Role.REVENUE.code, credit=invoice.subtotal),
        Posting(Role.TAX.code, credit=invoice.tax_total),
    ]
    with _as_conflict():
        post_entry(
            description=f"Invoice {invoice.number}",
            lines=[line for line in lines if line.debit or line.credit],
            actor=actor,
            date=day,
            currency=invoice.currency,
            reference=invoice.number,
            source_type=SourceType.INVOICE,
            source_id=invoice.pk,
            purpose=Purpose.SEND,
        )


def post_payment(payment: Payment, *, invoice: Invoice, day: dt.date, actor: Actor) -> None:
    """Post bank or cash to receivables, for a payment of `invoice`. Raises Conflict as `post_invoice` does."""
    with _as_conflict():
        post_entry(
            description=f"Payment of invoice {invoice.number}",
            lines=[
                Posting(money_account(payment.method), debit=payment.amount),
                Posting(Role.RECEIVABLE.code, credit=payment.amount),
            ],
            actor=actor,
            date=day,
            currency=invoice.currency,
            reference=invoice.number,
            source_type=SourceType.PAYMENT,
            source_id=payment.pk,
            purpose=Purpose.RECEIVE,
        )


def money_account(method: str) -> str:
    """Return the code of the account for money that was paid by this method."""
    return (Role.CASH if method == PaymentMethod.CASH else Role.BANK).code


def reverse_invoice_posting(invoice: Invoice, *, day: dt.date, actor: Actor) -> None:
    """Reverse the entry of `post_invoice`, if there is one. Raises Conflict as `post_invoice` does."""
    with _as_conflict():
        reverse_document(
            source_type=SourceType.INVOICE,
            source_id=invoice.pk,
            purpose=Purpose.SEND,
            actor=actor,
            date=day,
            description=f"Invoice {invoice.number} cancelled",
        )


@contextmanager
def _as_conflict() -> Iterator[None]:
    """Turn input errors into Conflict: the accounts come from the configuration, not from the user's input."""
    try:
        yield
    except Invalid as exc:
        raise Conflict(format_text(_("This cannot be posted to the books. {reason}"), reason=exc.message)) from exc
