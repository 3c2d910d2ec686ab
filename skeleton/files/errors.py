"""Refusals of this app that no other one knows."""

from django.utils.translation import gettext_lazy as _

from skeleton.kernel.errors import DomainError


class RangeNotSatisfiable(DomainError):
    """The part asked for lies behind the file's end (RFC 9110, 15.5.17)."""

    code, default_message = "range_not_satisfiable", _("The file does not have that part.")
