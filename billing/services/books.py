"""What the books are told of documents, always in the transaction of the verb that changes the document.

PostgreSQL refuses at commit a sent invoice or a payment without its entry, and an entry without its document (migration
`0006_books`). Entries are the last thing in a transaction: the accounts' totals stay locked until it ends.
"""

import datetime as dt
from collections.abc import Iterator
from contextlib import contextmanager
from uuid import UUID

from django.utils.translation import gettext_lazy as _

from accounting.choices import Role, SourceType
from accounting.queries import entry_of
from accounting.services import Posting, post_entry, reverse_entry
from billing.choices import Purpose
from skeleton.kernel.actors import Actor
from skeleton.kernel.errors import Conflict, Invalid
from skeleton.kernel.text import format_text


def post_invoice(
    *, invoice_id: UUID, number: str, currency: str, subtotal: int, tax_total: int, day: dt.date, actor: Actor
) -> None:
    """Receivable to revenue and tax, in minor units; an invoice of 0 posts nothing, there is nothing to say.

    Raises Conflict where the books do not take it: a closed period, an account that is missing or inactive.
    """
    if subtotal + tax_total == 0:
        return
    lines = [
        Posting(Role.RECEIVABLE.code, debit=subtotal + tax_total),
        Posting(Role.REVENUE.code, credit=subtotal),
        Posting(Role.TAX.code, credit=tax_total),
    ]
    with _refusals():
        post_entry(
            description=f"Invoice {number}",
            lines=[line for line in lines if line.debit or line.credit],
            actor=actor,
            date=day,
            currency=currency,
            reference=number,
            source_type=SourceType.INVOICE,
            source_id=invoice_id,
            purpose=Purpose.SEND,
        )


def post_payment(*, payment_id: UUID, number: str, currency: str, amount: int, day: dt.date, actor: Actor) -> None:
    """Bank to receivable, for the invoice of that `number`. Raises Conflict as `post_invoice` does."""
    with _refusals():
        post_entry(
            description=f"Payment of invoice {number}",
            lines=[Posting(Role.BANK.code, debit=amount), Posting(Role.RECEIVABLE.code, credit=amount)],
            actor=actor,
            date=day,
            currency=currency,
            reference=number,
            source_type=SourceType.PAYMENT,
            source_id=payment_id,
            purpose=Purpose.RECEIVE,
        )


def unpost_invoice(*, invoice_id: UUID, number: str, day: dt.date, actor: Actor) -> None:
    """Reverse what `post_invoice` posted, if it did. Raises Conflict as that does."""
    entry = entry_of(source_type=SourceType.INVOICE, source_id=invoice_id, purpose=Purpose.SEND)
    if entry is None:
        return
    with _refusals():
        reverse_entry(entry_id=entry, actor=actor, date=day, description=f"Invoice {number} cancelled")


@contextmanager
def _refusals() -> Iterator[None]:
    """The caller did not choose the accounts: what is wrong with them is a matter of state, not of input."""
    try:
        yield
    except Invalid as exc:
        raise Conflict(format_text(_("This cannot be posted to the books. {reason}"), reason=exc.message)) from exc
