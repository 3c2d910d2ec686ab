"""Attacks on the invariants with raw SQL, bypassing Python. PostgreSQL refuses them."""

import datetime as dt
import uuid

import pytest
from django.db import IntegrityError, connection

from contracts.models import Contract, ContractVersion
from contracts.tests.factories import active, draft, expired, pending, terminated
from parties.tests.factories import CustomerFactory, blacklisted
from skeleton.kernel.constraints import domain_error_for
from skeleton.kernel.errors import Conflict, Invalid
from skeleton.testkit.narrowing import database_error
from skeleton.testkit.roles import refusal_of

pytestmark = pytest.mark.django_db


def execute(sql, *params):
    with connection.cursor() as cursor:
        cursor.execute(sql, params)


def refused(name, sql, *params, error=Conflict):
    """Check that the constraint of that name refuses `sql`, with a user message."""
    connection.check_constraints()  # TRUNCATE requires that no checks are pending
    refusal = refusal_of(lambda: execute(sql, *params))
    assert isinstance(refusal, IntegrityError)
    assert database_error(refusal).diag.constraint_name == name
    explained = domain_error_for(refusal)
    assert isinstance(explained, error)
    assert explained.message not in ("This already exists.", "Input is not valid.")


def change(assignments, contract):
    return f"UPDATE contracts_contract SET {assignments} WHERE id = %s", contract.pk


RENEWING = "auto_renewal = true, renewal_period_days = 30"

CHECKS = [
    ("contracts_contract_type_known", "contract_type = 'rent'"),
    ("contracts_contract_payment_type_known", "payment_type = 'cash'"),
    ("contracts_contract_delivery_type_known", "delivery_type = 'post'"),
    ("contracts_contract_end_after_start", "validity_period = 'empty'"),
    ("contracts_contract_end_after_start", "validity_period = daterange('2026-01-15', '2026-01-15')"),
    ("contracts_contract_period_bounded", "validity_period = daterange(NULL, '2026-01-15')"),
    ("contracts_contract_period_bounded", "validity_period = daterange('2026-01-15', '10000-01-01')"),
    ("contracts_contract_period_bounded", "validity_period = daterange('0044-03-15 BC', '2026-01-15')"),
    ("contracts_contract_period_bounded", "validity_period = daterange('-infinity', 'infinity')"),
    ("contracts_contract_credit_has_days", "credit_days = NULL"),
    ("contracts_contract_credit_has_days", "credit_days = 0"),
    ("contracts_contract_credit_days_bounds", "payment_type = 'prepaid', credit_days = -1"),
    ("contracts_contract_credit_days_bounds", "credit_days = 36501"),
    ("contracts_contract_estimated_days_bounds", "estimated_days = -1"),
    ("contracts_contract_penalty_rate_bounds", "penalty_rate = -0.0001"),
    ("contracts_contract_penalty_rate_bounds", "penalty_rate = 'NaN'"),
    ("contracts_contract_discount_rate_bounds", "discount_rate = 100.0001"),
    ("contracts_contract_shipping_cost_positive", "shipping_cost = -1"),
    ("contracts_contract_credit_limit_positive", "credit_limit = -1"),
    ("contracts_contract_currency_form", "currency = 'uah'"),
    ("contracts_contract_shipping_currency_form", "shipping_currency = ''"),
    ("contracts_contract_renewal_has_period", "auto_renewal = true"),
    ("contracts_contract_renewal_has_end", f"{RENEWING}, validity_period = daterange('2026-01-15', NULL)"),
    ("contracts_contract_one_renewal_period", "renewal_period_days = 30, renewal_period_months = 1"),
    ("contracts_contract_renewal_period_bounds", "renewal_period_days = 0"),
    ("contracts_contract_renewal_months_bounds", "renewal_period_months = 0"),
    ("contracts_contract_renewal_months_bounds", "renewal_period_months = 1201"),
    ("contracts_contract_notice_days_bounds", "notice_days = -1"),
    ("contracts_contract_renewals_within_cap", "max_renewals = -1"),
    ("contracts_contract_signed_fits_status", "signed_at = now()"),
    ("contracts_contract_signed_fits_status", "status = 'active'"),
    ("contracts_contract_termination_fits_status", "terminated_at = now()"),
    ("contracts_contract_termination_fits_status", "termination_reason = 'x'"),
    ("contracts_contract_termination_fits_status", "terminates_on = '2098-01-01'"),
    ("contracts_contract_termination_fits_status", "terminates_on = '2098-01-01', termination_reason = 'x'"),
    ("contracts_contract_rejection_fits_status", "status = 'pending_approval', rejection_reason = 'x'"),
]


@pytest.mark.parametrize("name, assignments", CHECKS)
def test_checks(name, assignments):
    refused(name, *change(assignments, draft()), error=Invalid)


def test_every_check_is_attacked():
    known = {one.name for one in Contract._meta.constraints}
    # the trigger of the moves speaks first where a state does not exist
    assert known - {name for name, _ in CHECKS} == {"contracts_contract_status_known"}
    refused(
        "contracts_contract_transition", "UPDATE contracts_contract SET status = 'signed' WHERE id = %s", draft().pk
    )


def test_the_cap_of_renewals():
    contract = active(max_renewals=1)
    renew = (
        "UPDATE contracts_contract SET renewal_count = renewal_count + 1, "
        "validity_period = daterange(lower(validity_period), upper(validity_period) + 30) WHERE id = %s"
    )
    execute(renew, contract.pk)
    refused("contracts_contract_renewals_within_cap", renew, contract.pk, error=Invalid)


@pytest.mark.parametrize("moment", ["now() + interval '6 minutes'", "'2099-01-01'", "'infinity'"])
def test_nothing_is_signed_in_the_future(moment):
    signing = change(f"status = 'active', version = 1, signed_at = {moment}", draft())
    refused("contracts_contract_signed_at_ahead", *signing, error=Invalid)


# --- the begin --------------------------------------------------------------------------------------------------------

COPY = """
    INSERT INTO contracts_contract (id, created_at, updated_at, contract_type, party_id, status, payment_type,
        currency, delivery_type, insurance, validity_period, credit_limit, auto_renewal, renewal_count, max_renewals,
        version, signed_at)
    SELECT gen_random_uuid(), now(), now(), contract_type, {party}, {status}, 'prepaid', currency, delivery_type,
        false, validity_period, 0, false, {renewals}, 0, {version}, {signed}
    FROM contracts_contract WHERE id = %s
"""


def copy(party="party_id", status="'draft'", renewals="0", version="1", signed="NULL"):
    return COPY.format(party=party, status=status, renewals=renewals, version=version, signed=signed)


@pytest.mark.parametrize(
    "wrong",
    [{"status": "'active'", "signed": "now()"}, {"status": "'pending_approval'"}, {"version": "2"}, {"renewals": "1"}],
)
def test_a_contract_begins_as_a_draft(wrong):
    contract = draft()
    execute(copy(), contract.pk)
    refused("contracts_contract_begins_as_draft", copy(**wrong), contract.pk)


def test_only_an_active_party_gets_a_contract():
    contract, other = draft(), blacklisted(CustomerFactory.create())
    refused("contracts_contract_party_usable", copy(party=f"'{other.pk}'"), contract.pk)
    turn_over = "UPDATE contracts_contract SET party_id = %s WHERE id = %s"
    refused("contracts_contract_party_usable", turn_over, other.pk, contract.pk)


# --- changes ----------------------------------------------------------------------------------------------------------


def test_who_made_it_stays():
    contract = draft()
    for assignments in ("id = gen_random_uuid()", "created_at = now() - interval '1 day'"):
        refused("contracts_contract_identity", *change(assignments, contract))


FROZEN = [
    "contract_type = 'lease'",
    "credit_limit = 7",
    "renewal_period_days = 7",
    "renewal_period_months = 7",
    "notice_days = 7",
    "auto_renewal = true, renewal_period_days = 7",
    "max_renewals = 7",
    "notes = 'x'",
]


@pytest.mark.parametrize("make", [pending, active, expired])
@pytest.mark.parametrize("assignments", FROZEN)
def test_only_drafts_change_freely(make, assignments):
    refused("contracts_contract_frozen", *change(assignments, make()))


@pytest.mark.parametrize("make", [active, expired])
def test_a_signature_stays(make):
    refused("contracts_contract_frozen", *change("signed_at = '2020-01-01'", make()))


@pytest.mark.parametrize("assignments", [*FROZEN, "credit_days = 7", "status = 'active'", "termination_reason = 'y'"])
def test_a_terminated_contract_stays_as_it_is(assignments):
    refused("contracts_contract_terminated", *change(assignments, terminated()))


RENEWALS = [
    "validity_period = daterange('2026-01-15', '2100-01-01')",
    "renewal_count = 1",
    "renewal_count = 2, validity_period = daterange('2026-01-15', '2100-01-01')",
    "renewal_count = 1, validity_period = daterange('2026-01-15', '2026-02-01')",
    "renewal_count = 1, validity_period = daterange('2026-01-01', '2100-01-01')",
    "renewal_count = 1, validity_period = daterange('2026-01-15', NULL)",
    "renewal_count = -1, validity_period = daterange('2026-01-15', '2100-01-01')",
]


@pytest.mark.parametrize("make", [active, expired])
@pytest.mark.parametrize("assignments", RENEWALS)
def test_the_end_moves_by_renewals_only(make, assignments):
    refused("contracts_contract_renewal", *change(f"{assignments}, status = 'active'", make()))


@pytest.mark.parametrize("end, day", [("2099-01-30", 30), ("2099-01-31", 31), ("2099-04-30", 31), (None, None)])
def test_the_day_of_renewals_follows_from_the_end(end, day):
    contract = draft(end_date=end and dt.date.fromisoformat(end))
    assert contract.renewal_day == day
    execute(*change("renewal_day = 5", contract))
    contract.refresh_from_db()
    assert contract.renewal_day == day


def test_an_expired_contract_comes_back_by_a_renewal_only():
    refused("contracts_contract_renewal", *change("status = 'active'", expired()))


def test_a_draft_is_never_renewed():
    for make in (draft, pending):
        refused(
            "contracts_contract_renewal", "UPDATE contracts_contract SET renewal_count = 1 WHERE id = %s", make().pk
        )


def test_a_contract_is_never_deleted():
    contract = draft()
    refused("contracts_contract_permanent", "DELETE FROM contracts_contract WHERE id = %s", contract.pk)
    refused("contracts_contract_permanent", "TRUNCATE contracts_contract CASCADE")


# --- versions and cycles ----------------------------------------------------------------------------------------------


def test_versions_follow_from_the_contract_whoever_changes_it():
    contract = active()
    execute("UPDATE contracts_contract SET credit_days = 60 WHERE id = %s", contract.pk)
    Contract.objects.filter(pk=contract.pk).update(estimated_days=3)
    contract.refresh_from_db()
    versions = ContractVersion.objects.filter(contract=contract).order_by("version")
    assert [(one.version, one.credit_days, one.estimated_days) for one in versions] == [
        (1, 30, None),
        (2, 60, None),
        (3, 60, 3),
    ]
    assert contract.version == 3
    refused(
        "contracts_contract_version_derived", "UPDATE contracts_contract SET version = 9 WHERE id = %s", contract.pk
    )
    columns = "contract_id, version, action, status, changed_at, payment_type, currency, delivery_type, insurance, "
    columns += "validity_period, credit_limit"
    refused(
        "contracts_contract_version_derived",
        f"INSERT INTO contracts_version (id, {columns}) SELECT gen_random_uuid(), "
        f"{columns.replace('version,', 'version + 1,')} FROM contracts_version WHERE contract_id = %s",
        contract.pk,
    )


def test_touching_a_contract_is_no_change():
    contract = terminated()
    execute("UPDATE contracts_contract SET updated_at = now() WHERE id = %s", contract.pk)
    assert ContractVersion.objects.filter(contract=contract).count() == 2


def test_versions_are_append_only():
    active()
    refused("contracts_version_append_only", "UPDATE contracts_version SET credit_days = 1")
    refused("contracts_version_append_only", "DELETE FROM contracts_version")
    refused("contracts_version_append_only", "TRUNCATE contracts_version")


def settle(contract_id, ended_on, outcome, until=None):
    return (
        "INSERT INTO contracts_cycle (id, contract_id, ended_on, outcome, renewed_until, settled_at) "
        "VALUES (gen_random_uuid(), %s, %s, %s, %s, now())",
        contract_id,
        ended_on,
        outcome,
        until,
    )


def test_cycles_are_append_only_and_settled_once():
    contract = expired()
    end = contract.end_date
    refused("contracts_cycle_append_only", "UPDATE contracts_cycle SET ended_on = '2020-01-01'")
    refused("contracts_cycle_append_only", "DELETE FROM contracts_cycle")
    refused("contracts_cycle_append_only", "TRUNCATE contracts_cycle")
    refused("contracts_cycle_unique", *settle(contract.pk, end, "expired"))
    refused("contracts_cycle_fits_contract", *settle(contract.pk, "2020-01-01", "expired"))
    refused("contracts_cycle_fits_contract", *settle(contract.pk, "2020-01-01", "renewed", end))
    refused("contracts_cycle_fits_contract", *settle(uuid.uuid4(), end, "expired"))
    running = active()
    refused("contracts_cycle_fits_contract", *settle(running.pk, running.end_date, "expired"))
    later = settle(running.pk, running.end_date, "renewed", running.end_date)
    refused("contracts_cycle_outcome_fits", *later, error=Invalid)
