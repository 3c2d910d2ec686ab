"""Attacks with raw SQL that the database refuses."""

import pytest
from django.db import IntegrityError, connection, transaction
from django.db.utils import DataError, ProgrammingError

from parties.tests.factories import AddressFactory, CountryFactory, CustomerFactory, EmployeeFactory, SupplierFactory
from skeleton.audit.models import AuditEntry
from skeleton.rest.handler import to_domain_error
from skeleton.testkit.narrowing import present

pytestmark = pytest.mark.django_db

CUSTOMER, SUPPLIER, EMPLOYEE, ADDRESS, COUNTRY = (
    CustomerFactory,
    SupplierFactory,
    EmployeeFactory,
    AddressFactory,
    CountryFactory,
)


@pytest.mark.parametrize(
    "factory, change, constraint",
    [
        (CUSTOMER, "name = ''", "parties_party_name_present"),
        (CUSTOMER, "email = ''", "parties_party_email_present"),
        (SUPPLIER, "kind = 'friend'", "parties_party_kind_known"),
        (CUSTOMER, "status = 'gone'", "parties_party_status_known"),
        (CUSTOMER, "credit_limit = -1", "parties_party_credit_limit_positive"),
        (CUSTOMER, "currency = NULL", "parties_party_customer_money"),
        (CUSTOMER, "position = 'Boss'", "parties_party_employee_position"),
        (CUSTOMER, "kind = 'supplier'", "parties_party_customer_money"),
        (SUPPLIER, "credit_limit = 1", "parties_party_customer_money"),
        (SUPPLIER, "currency = 'USD'", "parties_party_customer_money"),
        (EMPLOYEE, "kind = 'partner'", "parties_party_employee_position"),
        (ADDRESS, "type = 'home'", "parties_address_type_known"),
        (COUNTRY, "code = 'x'", "parties_country_code_form"),
        (COUNTRY, "code = 'xy'", "parties_country_code_form"),
        (COUNTRY, "name = '{}'", "parties_country_name_en"),
        (COUNTRY, """name = '{"uk": "X"}'""", "parties_country_name_en"),
        (COUNTRY, """name = '{"en": ""}'""", "parties_country_name_en"),
        (COUNTRY, """name = '{"en": " "}'""", "parties_country_name_en"),
        (COUNTRY, """name = '{"en": null}'""", "parties_country_name_en"),
        (COUNTRY, "name = '[]'", "parties_country_name_en"),
    ],
)
def test_checks(factory, change, constraint):
    row = factory.create()
    with pytest.raises(IntegrityError, match=constraint) as caught, transaction.atomic():
        run(f"UPDATE {row._meta.db_table} SET {change} WHERE id = %s", row.pk)
    assert present(to_domain_error(caught.value)).status == 422


def test_two_countries_never_share_a_code():
    first, second = CountryFactory.create(), CountryFactory.create()
    with pytest.raises(IntegrityError) as caught, transaction.atomic():
        run("UPDATE parties_country SET code = %s WHERE id = %s", first.code, second.pk)
    error = present(to_domain_error(caught.value))
    assert (error.status, list(present(error.details))) == (409, ["code"])


def test_a_country_in_use_stays():
    address = AddressFactory.create(country=CountryFactory.create())
    run("DELETE FROM parties_country WHERE id = %s", address.country_id)
    with pytest.raises(IntegrityError, match="parties_country"):
        connection.check_constraints()
    transaction.set_rollback(True)


def test_nobody_writes_the_search_text():
    with pytest.raises((ProgrammingError, DataError)), transaction.atomic():
        run("UPDATE parties_party SET search_text = 'x' WHERE id = %s", CustomerFactory.create().pk)


def test_raw_changes_are_audited_too():
    party = CustomerFactory.create(name="Old")
    run("UPDATE parties_party SET name = 'New' WHERE id = %s", party.pk)
    entry = AuditEntry.objects.filter(resource_id=party.pk).latest("id")
    assert (entry.resource, entry.actor, entry.changes) == ("customers", None, {"name": ["Old", "New"]})


def run(sql, *params):
    with connection.cursor() as cursor:
        cursor.execute(sql, params)
