"""The guide of an empty installation: what to set up first, in order, until something is in the books."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.urls import NoReverseMatch, reverse
from django.utils.translation import gettext_lazy as _

from accounting.models import Entry
from parties.models import Customer
from skeleton.backoffice.lists import admin_for_model
from skeleton.company.models import Company
from skeleton.company.queries import missing_fields, seller
from skeleton.identity.models import User
from skeleton.kernel.actors import Actor
from skeleton.kernel.translation import Text

PERMISSION = "accounting:write"
"""The guide is for those who may set the company up."""

SellerIs = Callable[[dict[str, Any]], bool]


@dataclass(frozen=True, slots=True)
class Step:
    """A step: its title, why, and the route of its page, whose arguments are `args`. Without the page, it is left out.

    `is_done` gets the company as the seller on documents.
    """

    title: Text
    note: Text
    route: str
    is_done: SellerIs
    permission: str = PERMISSION
    of_company: bool = False


def steps_of_first_day(actor: Actor) -> list[dict[str, Any]]:
    """Return the steps for the template, or none once something is in the books."""
    if not actor.can(PERMISSION) or Entry.objects.exists():
        return []
    company = Company.objects.values_list("pk", flat=True).first()
    found = seller()
    shown = ((step, _address(step, company)) for step in STEPS if actor.can(step.permission))
    return [
        {"title": step.title, "note": step.note, "link": address, "done": step.is_done(found)}
        for step, address in shown
        if address
    ]


def _address(step: Step, company: Any) -> str | None:
    if step.of_company and company is None:
        return reverse("admin:company_company_add")
    try:
        return reverse(f"admin:{step.route}", args=[company] if step.of_company else [])
    except NoReverseMatch:
        return None


def _has_other_users(_seller: dict[str, Any]) -> bool:
    return User.objects.count() > 1


def _has_customers(_seller: dict[str, Any]) -> bool:
    return bool(Customer.objects.exists())


def _has_tax_codes(_seller: dict[str, Any]) -> bool:
    screen = admin_for_model("accounting.taxcode")
    return screen is not None and bool(screen.model._default_manager.exists())


STEPS = (
    Step(
        _("Complete the company"),
        _("Name, address and tax numbers, as invoices must show them"),
        "company_company_change",
        lambda found: not missing_fields(found),
        of_company=True,
    ),
    Step(
        _("Upload the logo"),
        _("A PNG or JPEG, shown at the top of documents"),
        "company_company_upload_logo",
        lambda found: bool(found["logo"]),
        of_company=True,
    ),
    Step(
        _("Add a bank account"),
        _("Where customers pay to"),
        "company_company_change",
        lambda found: bool(found["bank_accounts"]),
        of_company=True,
    ),
    Step(
        _("Check the tax codes"),
        _("Rates and exemptions of your country"),
        "accounting_taxcode_changelist",
        _has_tax_codes,
    ),
    Step(
        _("Invite colleagues"),
        _("Users, and what they may do"),
        "identity_user_changelist",
        _has_other_users,
        permission="users:write",
    ),
    Step(
        _("Import customers"),
        _("From CSV or Excel, with a preview"),
        "parties_customer_import",
        _has_customers,
        permission="parties:write",
    ),
    Step(
        _("Enter opening balances"),
        _("Last: afterwards, the books are in use"),
        "opening-balances",
        lambda found: False,
    ),
)
