"""Services of accounting periods."""

import datetime as dt
from uuid import UUID

from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounting.choices import PeriodStatus
from accounting.models import Period
from skeleton.db.locks import locked_for_update
from skeleton.db.records import save_changes
from skeleton.kernel.actors import Actor
from skeleton.kernel.errors import Conflict
from skeleton.kernel.time_limits import require_from_1900
from skeleton.kernel.transactions import audited_transaction


def create_period(*, start_date: dt.date, end_date: dt.date, actor: Actor) -> UUID:
    """Create an open period. Raises Invalid (before 1900, or it ends before it starts), Conflict (overlap)."""
    require_from_1900(start_date, field="start_date")
    with audited_transaction(actor, "create"):
        return Period.objects.create(start_date=start_date, end_date=end_date).pk


def close_period(*, period_id: UUID, actor: Actor) -> None:
    """Close the period to postings. Waits for postings in progress. Raises NotFound, Conflict."""
    with audited_transaction(actor, "close"):
        period = locked_for_update(Period.objects.all(), period_id)
        if period.status == PeriodStatus.CLOSED:
            raise Conflict(
                _("This period is already closed. Reopen it to post to it."), details={"allowed": ["reopen"]}
            )
        save_changes(period, {"status": PeriodStatus.CLOSED, "closed_at": timezone.now(), "closed_by_id": actor.id})


def reopen_period(*, period_id: UUID, actor: Actor) -> None:
    """Reopen the period for postings. Raises NotFound, Conflict (it is open)."""
    with audited_transaction(actor, "reopen"):
        period = locked_for_update(Period.objects.all(), period_id)
        if period.status == PeriodStatus.OPEN:
            raise Conflict(_("This period is already open."), details={"allowed": ["close"]})
        save_changes(period, {"status": PeriodStatus.OPEN, "closed_at": None, "closed_by_id": None})
