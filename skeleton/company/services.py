"""Changing the company's record, and what sending a document requires of it."""

from uuid import UUID

from django.conf import settings
from django.utils.translation import gettext_lazy as _

from skeleton.company.changes import require_allowed
from skeleton.company.errors import CompanyIncomplete
from skeleton.company.models import Company, CompanyBankAccount, Logo
from skeleton.company.queries import ACCOUNT_FIELDS, first_values, missing_fields, seller
from skeleton.db.locks import rows_locked_for_update
from skeleton.db.records import save_changes
from skeleton.files import storage
from skeleton.files.models import File
from skeleton.files.services import delete_file, upload_file
from skeleton.files.uploads import UploadedFileOnDisk
from skeleton.kernel.actors import SYSTEM, Actor
from skeleton.kernel.errors import Invalid
from skeleton.kernel.ids import uuid7
from skeleton.kernel.money import require_in_use
from skeleton.kernel.pdf import is_picture
from skeleton.kernel.preconditions import check_precondition
from skeleton.kernel.text import format_text, join_texts
from skeleton.kernel.transactions import audited_transaction
from skeleton.kernel.translation import Text
from skeleton.kernel.types import Values

LOGO_BYTES = 500_000
LOGO_TYPES = ("image/png", "image/jpeg")
LOGO_PURPOSE = "logo"
WRONG_LOGO_MESSAGE = format_text(_("Must be a PNG or JPEG of at most {limit} kB."), limit=LOGO_BYTES // 1000)
REQUIRED_MESSAGE = _("Required on invoices.")


def update_company(*, values: Values, actor: Actor) -> None:
    """Change the company. Fields not in `values` stay, None clears, `bank_accounts` replaces.

    Raises Invalid; Conflict (closed years begin in another month).
    """
    with audited_transaction(actor, "update"):
        company = _locked_company()
        fields = {name: value for name, value in values.items() if name not in ("bank_accounts", "electronic_address")}
        if "electronic_address" in values:
            fields |= _merged_electronic_address(company, values["electronic_address"])
        require_allowed(company, fields)
        if fields.get("logo_file_id") not in (None, company.logo_file_id):
            fields["logo_id"] = _store_logo(fields["logo_file_id"], actor)
        elif "logo_file_id" in fields and fields["logo_file_id"] is None:
            fields["logo_id"] = None
        changed = "bank_accounts" in values and _replace_accounts(company, values["bank_accounts"])
        if not save_changes(company, fields) and changed:
            company.save(update_fields=["updated_at"])


def seed_company() -> bool:
    """Create the company's record from the environment, and adopt its time zone. Return whether it was created.

    PostgreSQL refuses another time zone than that of the books (accounting/checks.py says it before).
    """
    made = not Company.objects.exists()
    with audited_transaction(SYSTEM, "seed"):
        save_changes(_locked_company(), {"time_zone": settings.SKELETON_TIME_ZONE})
    return made


def _locked_company() -> Company:
    """Lock and return the company. The first change creates its record from the environment."""
    found = rows_locked_for_update(Company.objects.all(), no_key=True)
    if found:
        return found[0]
    check_precondition(None)  # there is no row to lock yet
    values, accounts = first_values()
    made = Company.objects.bulk_create([Company(**values)], ignore_conflicts=True)[0]
    company = rows_locked_for_update(Company.objects.all(), no_key=True)[0]
    if company.pk == made.pk:
        _write_accounts(company, accounts)
    return company


def _merged_electronic_address(company: Company, change: Values | None) -> Values:
    scheme, within = company.electronic_address_scheme, company.electronic_address_id
    merged = {"scheme": None, "id": None} if change is None else {"scheme": scheme, "id": within, **change}
    for name, value in merged.items():
        if value is None and change is not None:
            raise Invalid(details={f"electronic_address.{name}": _("This field is required.")})
    return {f"electronic_address_{name}": value for name, value in merged.items()}


# --- bank accounts ----------------------------------------------------------------------------------------------------


def _replace_accounts(company: Company, accounts: list[Values]) -> bool:
    """Replace the bank accounts. Without a default, the first one is it. Return whether anything changed."""
    wanted = [{**dict.fromkeys(ACCOUNT_FIELDS), "is_default": False, **account} for account in accounts]
    if wanted and not any(account["is_default"] for account in wanted):
        wanted[0]["is_default"] = True
    for index, account in enumerate(wanted):
        require_in_use(account, path=f"bank_accounts.{index}.")
    if list(company.bank_accounts.order_by("pk").values(*ACCOUNT_FIELDS)) == wanted:
        return False
    company.bank_accounts.all().delete()
    _write_accounts(company, wanted)
    return True


def _write_accounts(company: Company, accounts: list[Values]) -> None:
    # ids are ascending, which preserves the order of the list
    if accounts:
        rows = [CompanyBankAccount(id=uuid7(), company=company, **account) for account in accounts]
        CompanyBankAccount.objects.bulk_create(rows)


# --- the logo ---------------------------------------------------------------------------------------------------------


def upload_logo(*, content: bytes, name: str, actor: Actor) -> None:
    """Store a picture as a file of the actor, and make it the company's logo. Raises Invalid."""
    if len(content) > LOGO_BYTES:
        raise _logo_error(WRONG_LOGO_MESSAGE)
    upload = UploadedFileOnDisk.containing(content, name)
    file_id = upload_file(upload=upload, purpose=LOGO_PURPOSE, actor=actor)
    try:
        update_company(values={"logo_file_id": file_id}, actor=actor)
    except Invalid:
        delete_file(file_id=file_id, actor=actor)
        raise


def _store_logo(file_id: UUID, actor: Actor) -> str:
    """Store the picture of an uploaded file, and return its checksum. Raises Invalid if it can't be a logo."""
    file = File.objects.readable_by(actor).filter(pk=file_id).first()
    if file is None:
        raise _logo_error(_("Unknown file."))
    if file.mime_type not in LOGO_TYPES or file.size > LOGO_BYTES:
        raise _logo_error(WRONG_LOGO_MESSAGE)
    try:
        content = b"".join(storage.chunks(file.storage_key, 0, file.size - 1))
    except FileNotFoundError:
        raise _logo_error(_("The content of this file is missing from the storage.")) from None
    if not is_picture(content):
        raise _logo_error(_("This picture cannot be read. Save it again as PNG or JPEG, and upload that."))
    Logo.objects.bulk_create([Logo(checksum=file.checksum, content=content)], ignore_conflicts=True)
    return file.checksum


def _logo_error(message: Text) -> Invalid:
    return Invalid(details={"logo_file_id": message})


# --- sending ----------------------------------------------------------------------------------------------------------


def complete_seller() -> Values:
    """Return `queries.seller()` for a document to be sent. Raises CompanyIncomplete if it lacks what the law requires.

    A company without a country has not been set up yet: its documents are for trying the system out.
    """
    found = seller()
    missing = missing_fields(found) if found["country"] else []
    if missing:
        details = {f"company.{name}": REQUIRED_MESSAGE for name in missing}
        names = join_texts([_name_of(name) for name in missing if name != "tax_number"])
        told = _("The company's record lacks what an invoice must show: {missing}. Complete it, then send again.")
        raise CompanyIncomplete(format_text(told, missing=names), details=details)
    return found


def _name_of(field: str) -> Text:
    if field == "vat_id":
        return _("VAT id or tax number")
    label: Text = getattr(Company._meta.get_field(field), "verbose_name", field)
    return label
