"""Keeps the first month of fiscal years while years are closed, like `sql/0018_fiscal_year_start.sql` in PostgreSQL."""

from django.utils.translation import gettext_lazy as _

from accounting.closing_models import YearClosing
from skeleton.company.changes import register_check
from skeleton.company.models import Company
from skeleton.kernel.errors import Conflict
from skeleton.kernel.text import format_text
from skeleton.kernel.types import Values


@register_check
def require_month_of_closed_years(company: Company, values: Values) -> None:
    """Raise Conflict, with the closed years, if they begin in another month than the new one."""
    month = values.get("fiscal_year_start", company.fiscal_year_start)
    if month == company.fiscal_year_start:
        return
    closed = YearClosing.objects.filter(reopened_at=None).exclude(start_date__month=month).order_by("-year")
    if names := [str(year) for year in closed]:
        told = _("Fiscal years are closed and keep their first month: {years}. Reopen them first, in this order.")
        message = format_text(told, years=", ".join(names))
        raise Conflict(message, details={"fiscal_year_start": message})
