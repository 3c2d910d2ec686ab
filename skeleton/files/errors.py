"""Domain errors of this app."""

from django.utils.translation import gettext_lazy as _

from skeleton.kernel.errors import DomainError


class RangeNotSatisfiable(DomainError):
    """The requested range starts after the end of the file (RFC 9110, 15.5.17)."""

    code, default_message = "range_not_satisfiable", _("The file does not have that part.")
