"""Errors of the company's record."""

from django.utils.translation import gettext_lazy as _

from skeleton.kernel.constraints import declare
from skeleton.kernel.errors import Conflict


class CompanyIncomplete(Conflict):
    """The company lacks what the law requires on an invoice. `details` names the fields."""


def declare_constraints() -> None:
    declare("company_logo_append_only", Conflict, _("A logo that documents show cannot be changed."))
    declare("company_company_kept", Conflict, _("The company's record cannot be deleted."))
