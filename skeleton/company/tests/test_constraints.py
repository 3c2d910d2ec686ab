"""What PostgreSQL refuses of the company, past the application."""

import pytest
from django.db import connection

from skeleton.company.services import seed_company
from skeleton.company.tests.factories import IBAN, set_up
from skeleton.testkit.narrowing import database_error
from skeleton.testkit.roles import refusal_of

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize(
    "change, rule",
    [
        ("legal_name = ''", "company_company_legal_name_present"),
        ("country = 'de'", "company_company_country_form"),
        ("currency = 'usd'", "company_company_currency_form"),
        ("payment_days = 366", "company_company_payment_days_bounded"),
        ("fiscal_year_start = 0", "company_company_fiscal_year_start_month"),
        ("electronic_address_scheme = '9930'", "company_company_electronic_address_complete"),
        ("electronic_address_id = '1'", "company_company_electronic_address_complete"),
        ("logo_id = repeat('0', 64)", "company_company_logo_fits"),
        ("time_zone = ''", "company_company_time_zone_present"),
    ],
)
def test_the_record_is_well_formed(change, rule):
    seed_company()
    assert refused(f"UPDATE company_company SET {change}") == rule


def test_there_is_one_record_which_stays():
    seed_company()
    second = (
        "INSERT INTO company_company (id, created_at, updated_at, legal_name, currency, fiscal_year_start, time_zone)"
    )
    second += " SELECT gen_random_uuid(), now(), now(), 'Second', 'USD', 1, 'UTC'"
    assert refused(second) == "company_company_single"
    assert refused("DELETE FROM company_company") == "company_company_kept"


def test_accounts_are_well_formed_listed_once_and_one_is_the_default():
    set_up(bank_accounts=[{"iban": IBAN}, {"iban": "GB29NWBK60161331926819"}])
    assert refused("UPDATE company_bank_account SET is_default = true") == "company_bank_account_one_default"
    assert refused(f"UPDATE company_bank_account SET iban = '{IBAN}'") == "company_bank_account_iban_unique"
    assert refused("UPDATE company_bank_account SET iban = 'DE'") == "company_bank_account_iban_form"
    assert refused("UPDATE company_bank_account SET currency = 'x'") == "company_bank_account_currency_form"


def test_a_logo_that_a_document_may_show_is_never_changed():
    added = "INSERT INTO company_logo (checksum, content) VALUES (repeat('a', 64), 'x')"
    with connection.cursor() as cursor:
        cursor.execute(added)
    assert refused("UPDATE company_logo SET content = 'y'") == "company_logo_append_only"
    assert refused("DELETE FROM company_logo") == "company_logo_append_only"
    assert refused(added.replace("'a'", "'A'")) == "company_logo_checksum_form"


def refused(sql):
    """Return the name of the rule that refuses `sql`."""

    def attack():
        with connection.cursor() as cursor:
            cursor.execute(sql)

    return database_error(refusal_of(attack)).diag.constraint_name
