"""Reminders of overdue invoices: by hand, and by the daily job. An invoice gets at most one of each level.

Whoever has paid is not reminded: a reminder is written and sent under the lock of its invoice, which payments take too.
"""

from typing import Any
from uuid import UUID

import structlog
from django.conf import settings
from django.db import DatabaseError
from django.db.models import OuterRef, QuerySet, Subquery
from django.utils.translation import gettext_lazy as _

from billing.choices import EmailKind, EmailStatus, InvoiceStatus
from billing.letters import LetterText, reminder_letter
from billing.models import DocumentEmail, Invoice
from billing.models.invoices import OVERDUE
from billing.reminder_rules import LastReminder, automatic_level
from billing.services.emails import EmailValues, language_of, queue_letter, sender
from billing.services.states import state_error
from billing.state_messages import INVOICE_NOT_OVERDUE
from skeleton.db.locks import locked_for_update, locked_or_none
from skeleton.kernel.actors import SYSTEM, Actor
from skeleton.kernel.days import day_of, today
from skeleton.kernel.errors import Conflict, DomainError
from skeleton.kernel.text import format_text
from skeleton.kernel.transactions import audited_transaction

log = structlog.get_logger("skeleton.billing")


def remind_invoice(*, invoice_id: UUID, values: EmailValues, actor: Actor) -> UUID:
    """Queue the next reminder of an overdue invoice, and return the id of the e-mail.

    Raises NotFound; Conflict (nothing is overdue, all levels were sent, the customer was reminded today, there is no
    mail server); Invalid (an address); TooManyRequests.
    """
    with audited_transaction(actor, "remind"):
        invoice = locked_for_update(Invoice.objects.all(), invoice_id, no_key=True)
        return _queue(invoice, next_level(invoice), values, actor)


def next_level(invoice: Invoice) -> int:
    """Return the level of the next reminder that a person may send today. Raises Conflict if there is none."""
    if invoice.status != InvoiceStatus.SENT:
        raise state_error(invoice, INVOICE_NOT_OVERDUE)
    if invoice.due_date >= today():
        told = _("This invoice is due on {day}. A reminder can be sent once that day has passed.")
        raise Conflict(format_text(told, day=invoice.due_date))
    last = _last_reminder(invoice.pk)
    if last is None:
        return 1
    if not last.failed and last.day == today():
        raise Conflict(_("The customer has been reminded of this invoice today already."))
    if last.next_level > len(settings.SKELETON_REMINDER_DAYS):
        raise Conflict(_("The customer has been sent the final reminder of this invoice already."))
    return last.next_level


def standard_reminder(invoice: Invoice, level: int, actor: Actor) -> LetterText:
    """Return the text of the reminder of this level, if the actor writes nothing else."""
    levels = len(settings.SKELETON_REMINDER_DAYS)
    return reminder_letter(invoice, level, levels, seller=sender(), language=language_of(invoice, actor))


def send_due_reminders() -> int:
    """Queue a reminder of every overdue invoice for which one is due today, and return their number.

    It does nothing unless `SKELETON_REMINDERS` is on and there is a mail server. It can be run at any time, repeatedly
    and concurrently: each invoice has its own transaction, and a failure is logged and retried by the next run.
    """
    if not settings.SKELETON_REMINDERS or not settings.EMAIL_HOST:
        return 0
    queued = 0
    for invoice_id, due_date, level, status, written_at in list(_overdue_with_last_reminder()):
        if _due_level(due_date, _reminder(level, status, written_at)) is None:
            continue
        try:
            queued += _remind_if_still_due(invoice_id)
        except (DatabaseError, DomainError):
            log.exception("reminder_failed", invoice_id=str(invoice_id))
    return queued


def _remind_if_still_due(invoice_id: UUID) -> bool:
    """Queue the reminder that is due, unless the invoice was settled or reminded of meanwhile, or is being changed."""
    with audited_transaction(SYSTEM, "remind"):
        invoice = locked_or_none(Invoice.objects.filter(OVERDUE), invoice_id, no_key=True, skip_locked=True)
        level = _due_level(invoice.due_date, _last_reminder(invoice_id)) if invoice else None
        if invoice is None or level is None:
            return False
        _queue(invoice, level, {}, SYSTEM)
        return True


def _queue(invoice: Invoice, level: int, values: EmailValues, actor: Actor) -> UUID:
    return queue_letter(invoice, values, standard_reminder(invoice, level, actor), actor=actor, level=level)


def _due_level(due_date: Any, last: LastReminder | None) -> int | None:
    return automatic_level(settings.SKELETON_REMINDER_DAYS, due_date, last, today())


def _reminders() -> QuerySet[DocumentEmail]:
    """Return the reminders that were not withdrawn, newest first."""
    return DocumentEmail.objects.filter(kind=EmailKind.REMINDER).exclude(status=EmailStatus.CANCELLED).order_by("-pk")


def _last_reminder(invoice_id: UUID) -> LastReminder | None:
    found = _reminders().filter(invoice=invoice_id).values_list("level", "status", "created_at").first()
    return _reminder(*found) if found else None


def _reminder(level: int | None, status: str | None, written_at: Any) -> LastReminder | None:
    return LastReminder(level, day_of(written_at), status == EmailStatus.FAILED) if level else None


def _overdue_with_last_reminder() -> QuerySet[Invoice, tuple[Any, ...]]:
    """Return id, due date, and level, status and time of the last reminder, of the overdue invoices, oldest first."""
    last = _reminders().filter(invoice=OuterRef("pk"))
    columns = {name: Subquery(last.values(field)[:1]) for name, field in _LAST.items()}
    return Invoice.objects.filter(OVERDUE).order_by("pk").annotate(**columns).values_list("pk", "due_date", *columns)


_LAST = {"reminder_level": "level", "reminder_status": "status", "reminder_at": "created_at"}
