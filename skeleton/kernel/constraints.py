"""Maps errors of PostgreSQL to domain errors with user messages, by constraint name.

The message of a model's constraint is its `violation_error_message`. A constraint that exists only in SQL (a trigger, a
handwritten exclusion) is declared here by the app that owns it. Unique and exclusion violations are 409: losing a race
is a conflict, not a server error. Check violations are 422: the input was wrong.
"""

from dataclasses import dataclass
from functools import cache

from django.apps import apps
from django.db import DatabaseError
from django.db.models import BaseConstraint, CheckConstraint, UniqueConstraint
from django.utils.translation import gettext_lazy as _

from skeleton.kernel.errors import Conflict, DomainError, Invalid, ServiceUnavailable
from skeleton.kernel.translation import Text

NOT_NULL, FOREIGN_KEY, UNIQUE, CHECK, EXCLUSION = "23502", "23503", "23505", "23514", "23P01"
OUT_OF_RANGE, TOO_LONG = "22003", "22001"
RETRY = {"40001", "40P01", "55P03", "57014"}
"""Serialization failure, deadlock, lock timeout and statement timeout: the request may succeed if it is retried."""


_EXISTS = _("This already exists.")
_OUT_OF_BOUNDS = _("A value is out of its bounds.")
_OVERLAPS = _("This overlaps another record.")


@dataclass(frozen=True, slots=True)
class ConstraintError:
    """The response to a constraint violation: error class, message and field."""

    error: type[DomainError]
    message: Text
    field: str | None = None

    def build(self) -> DomainError:
        details = {self.field: self.message} if self.field else None
        return self.error(self.message, details=details)


_registered: dict[str, ConstraintError] = {}


def declare(name: str, error: type[DomainError], message: Text, *, field: str | None = None) -> None:
    """Declare the error for the SQL-only constraint `name`. Called from `AppConfig.ready()`."""
    _registered[name] = ConstraintError(error, message, field)


def domain_error_for(exc: DatabaseError) -> DomainError | None:
    """Return the domain error for `exc`, or None if it is a server error."""
    diagnosis = getattr(exc.__cause__, "diag", None)
    sqlstate = getattr(exc.__cause__, "sqlstate", None)
    if diagnosis is None or sqlstate is None:
        return None
    if sqlstate in RETRY:
        return ServiceUnavailable(_("The record is busy just now. Try again."), retry_after=1)
    if sqlstate == OUT_OF_RANGE:
        return Invalid(_("A number, or a sum that it would lead to, is too large."))
    if sqlstate == TOO_LONG:
        return Invalid(_("A text is too long."))
    refusal = _registered.get(diagnosis.constraint_name or "") or _model_constraints().get(
        diagnosis.constraint_name or ""
    )
    if refusal:
        return refusal.build()
    return _error_by_sqlstate(sqlstate, diagnosis.column_name, diagnosis.message_detail)


def _error_by_sqlstate(sqlstate: str, column: str | None, detail: str | None) -> DomainError | None:
    if sqlstate in (UNIQUE, EXCLUSION):
        return Conflict(_EXISTS)
    if sqlstate == FOREIGN_KEY:
        if "not present" in (detail or ""):
            return Invalid(_("A record that this refers to does not exist."))
        return Conflict(_("Other records still refer to this one."))
    if sqlstate == NOT_NULL and column:
        return Invalid(details={column: _("This field may not be null.")})
    if sqlstate == CHECK:
        return Invalid(_OUT_OF_BOUNDS)
    return None


@cache
def _model_constraints() -> dict[str, ConstraintError]:
    return {
        constraint.name: _registered_error(constraint)
        for model in apps.get_models()
        for constraint in model._meta.constraints
    }


def message_of(constraint: BaseConstraint) -> Text | None:
    """Return the constraint's custom message, or None if it only has Django's default."""
    message: Text | None = constraint.violation_error_message
    return None if message is BaseConstraint.default_violation_error_message else message


def registered_errors() -> dict[str, ConstraintError]:
    """Return the errors of all named constraints, of models and of SQL."""
    return {**_model_constraints(), **_registered}


def _registered_error(constraint: BaseConstraint) -> ConstraintError:
    message = message_of(constraint)
    if isinstance(constraint, UniqueConstraint):
        # violation_error_code is the field if the constraint is on an expression (`Lower("email")`)
        field = constraint.violation_error_code or (constraint.fields[0] if constraint.fields else None)
        return ConstraintError(Conflict, message or _EXISTS, field)
    if isinstance(constraint, CheckConstraint):
        return ConstraintError(Invalid, message or _OUT_OF_BOUNDS, constraint.violation_error_code)
    return ConstraintError(Conflict, message or _OVERLAPS, constraint.violation_error_code)
