"""The company as the API shows it, and as documents print it."""

import re
from typing import Any

from django.conf import settings
from django.contrib.postgres.expressions import ArraySubquery
from django.db.models import OuterRef
from django.db.models.functions import JSONObject

from skeleton.company.models import Company, CompanyBankAccount, Logo
from skeleton.kernel.bank_accounts import parse_iban
from skeleton.kernel.tax_ids import parse_vat_id
from skeleton.kernel.types import Values

ACCOUNT_FIELDS = ("name", "bank", "iban", "bic", "currency", "is_default")

_TOWN = re.compile(r"(?P<postal_code>\d[\d \-]{2,9})\s+(?P<city>\D.*)")
_REQUIRED = ("legal_name", "street", "city", "country")
_PRINTED = (
    *("legal_name", "trade_name", "street", "city", "region", "postal_code", "country", "vat_id", "tax_number"),
    *("registration_number", "contact_name", "email", "phone", "website", "invoice_footer"),
)


def current_company() -> tuple[Company, list[Values]]:
    """Return the company and its bank accounts in their order. Without a record, those of the environment."""
    accounts = CompanyBankAccount.objects.filter(company=OuterRef("pk")).order_by("pk")
    as_json = JSONObject(**{name: name for name in ACCOUNT_FIELDS})
    found = Company.objects.annotate(listed_accounts=ArraySubquery(accounts.values(json=as_json))).first()
    if found is None:
        values, own = first_values()
        return Company(**values), own
    return found, found.listed_accounts


def company_as_json() -> Values:
    """Return the company as CompanySerializer describes it."""
    company, accounts = current_company()
    fields = {field.attname: getattr(company, field.attname) for field in Company._meta.concrete_fields}
    return {**fields, "electronic_address": _electronic_address(company), "bank_accounts": accounts}


def seller() -> Values:
    """Return the company as documents print it and keep it once they are sent, as JSON.

    `address` is the address as printed, without the country. `iban`, `bic` and `bank` are those of the default account,
    `logo` the checksum of the logo. Sellers kept by earlier versions lack the other fields. `edition` changes when
    documents present a seller in another way, so that those issued before stay as they are.
    """
    company, accounts = current_company()
    account = next((each for each in accounts if each["is_default"]), accounts[0] if accounts else {})
    return {
        **{name: getattr(company, name) or "" for name in _PRINTED},
        "name": company.legal_name,
        "address": _address_lines(company),
        "tax_id": company.vat_id or company.tax_number or "",
        "registration": company.registration_number or "",
        **{name: account.get(name) or "" for name in ("iban", "bic", "bank")},
        "bank_accounts": accounts,
        "electronic_address": _electronic_address(company),
        "logo": company.logo_id,
        "edition": 2,
    }


def missing_fields(seller_of_document: Values) -> list[str]:
    """Return the fields that the law requires on invoices and a seller lacks."""
    missing = [name for name in _REQUIRED if not seller_of_document[name]]
    has_number = seller_of_document["vat_id"] or seller_of_document["tax_number"]
    return missing if has_number else [*missing, "vat_id", "tax_number"]


def default_currency() -> str:
    """Return the currency of new customers and documents that name none."""
    found = Company.objects.values_list("currency", flat=True).first()
    return found or str(settings.SKELETON_CURRENCY)


def default_payment_days() -> int | None:
    """Return the days until invoices are due to customers without payment days of their own, if there are any."""
    return Company.objects.values_list("payment_days", flat=True).first()


def fiscal_year_start() -> int:
    """Return the month in which fiscal years begin. Without a record, they are calendar years."""
    return Company.objects.values_list("fiscal_year_start", flat=True).first() or 1


def kept_time_zone() -> str:
    """Return the time zone of the company's days as it is stored. Without a record, days are in UTC."""
    return Company.objects.values_list("time_zone", flat=True).first() or "UTC"


def logo_content(checksum: str | None) -> bytes | None:
    """Return the picture with this checksum, also if it is no longer the company's logo."""
    found = Logo.objects.filter(pk=checksum).values_list("content", flat=True).first() if checksum else None
    return bytes(found) if found is not None else None


def first_values() -> tuple[Values, list[Values]]:
    """Return the values of the environment for a new record, and its bank accounts."""
    given: dict[str, Any] = settings.SKELETON_COMPANY
    street, town, *rest = (*given["address"], "", "")[: max(2, len(given["address"]))]
    found = _TOWN.fullmatch(town)
    vat_id = parse_vat_id(given["tax_id"])
    values = {
        "legal_name": given["name"],
        "street": street or None,
        "city": (found["city"] if found else town) or None,
        "postal_code": found["postal_code"] if found else None,
        "region": ", ".join(rest) or None,
        "vat_id": vat_id,
        "tax_number": None if vat_id else given["tax_id"] or None,
        "registration_number": given["registration"] or None,
        **{name: given[name] or None for name in ("email", "phone", "website")},
        "currency": settings.SKELETON_CURRENCY,
        "time_zone": settings.SKELETON_TIME_ZONE,
    }
    iban = parse_iban(given["iban"])
    account = {"name": None, "bank": given["bank"] or None, "iban": iban, "bic": given["bic"] or None}
    return values, [{**account, "currency": None, "is_default": True}] if iban else []


def _electronic_address(company: Company) -> Values | None:
    if company.electronic_address_scheme is None:
        return None
    return {"scheme": company.electronic_address_scheme, "id": company.electronic_address_id}


def _address_lines(company: Company) -> list[str]:
    town = " ".join(part for part in (company.postal_code, company.city) if part)
    return [line for line in (company.street, town, company.region) if line]
