"""The days of settlements, refunds and their undoing."""

import datetime as dt
from collections.abc import Collection
from uuid import UUID

from django.db.models import Max, Q
from django.utils.translation import gettext_lazy as _

from billing.models import Invoice, Payment, Settlement
from skeleton.kernel.days import today
from skeleton.kernel.errors import Invalid
from skeleton.kernel.text import format_text

UNDONE_MESSAGE = _("Must not be before {day}: on that day, an allocation, a refund or a write-off was undone.")


def settlement_day(date: dt.date | None, *not_before: dt.date, of: Collection[UUID] = ()) -> dt.date:
    """Return the day of a later settlement, refund, undoing or reversal: `date`, or else today.

    `of` are the ids of the locked invoices, payments and credit notes that it touches. What they are settled with and
    what is on account of them is only known from the last undoing or reversal on: before it, the same money may have
    counted elsewhere. Raises Invalid if `date` is in the future, before that, or before one of the days of the
    documents concerned.
    """
    earliest = max(not_before)
    if date is None:
        return max(today(), earliest)
    if date > today():
        raise Invalid(details={"date": _("Must not be in the future.")})
    undone = last_undone(of, after=max(date, earliest)) if date < today() else None
    if undone:
        raise Invalid(details={"date": format_text(UNDONE_MESSAGE, day=undone)})
    if date < earliest:
        raise Invalid(details={"date": format_text(_("Must not be before {day}."), day=earliest)})
    return date


def free_day(invoice: Invoice, *, after: dt.date) -> dt.date:
    """Return the first day from which a locked, sent invoice can be settled with something that came on day `after`."""
    earliest = max(after, invoice.posting_day)
    return (last_undone([invoice.pk], after=earliest) if earliest < today() else None) or earliest


def last_undone(of: Collection[UUID], *, after: dt.date) -> dt.date | None:
    """Return the last day, if later than `after`, on which a settlement or refund of one of these was undone.

    `of` are ids of invoices, payments and credit notes.
    """
    settled = Q(invoice__in=of) | Q(payment__in=of) | Q(credit_note__in=of)
    refunds = Q(refund_of_payment__in=of) | Q(refund_of_credit_note__in=of)
    days = (
        Settlement.objects.filter(settled, undone_day__gt=after).aggregate(day=Max("undone_day"))["day"],
        Payment.objects.filter(refunds, reversal_day__gt=after).aggregate(day=Max("reversal_day"))["day"],
    )
    return max(filter(None, days), default=None)
