"""Lists of contracts: filters, cursors, query counts, and compiled reads compared with ordinary ones."""

import datetime as dt
import json
import uuid

import pytest
from django.utils import timezone

from contracts import services
from contracts.filters import ContractFilterSet
from contracts.models import Contract
from contracts.tests.factories import IN_STATE, active, draft, expired, terminated, today
from contracts.views import ContractViewSet
from parties.tests.factories import SupplierFactory
from skeleton.identity.tests.factories import actor_of
from skeleton.kernel.actors import SYSTEM
from skeleton.testkit.narrowing import present
from skeleton.testkit.query_counts import check_query_counts
from skeleton.testkit.reading import check_reads
from skeleton.testkit.roles import without_triggers

pytestmark = pytest.mark.django_db

DAY = dt.timedelta(days=1)


@pytest.fixture
def crowd(owner):
    """A contract in every state, and some with all optional fields."""
    made = [make() for make in IN_STATE.values()]
    full = active(
        contract_type="lease",
        penalty_rate=0.5,
        discount_rate=2,
        estimated_days=5,
        shipping_cost=2**63 - 1,
        shipping_currency="USD",
        insurance=True,
        credit_limit=10,
        auto_renewal=True,
        renewal_period_days=30,
        max_renewals=3,
        notes="Ґанок",
        end_date=today() + 20 * DAY,
        party_id=SupplierFactory.create().pk,
    )
    services.change_payment_terms(contract_id=full.pk, values={"credit_days": 45}, actor=actor_of(owner.user))
    return [*made, full]


def test_query_counts(owner, crowd):
    check_query_counts("contracts", owner, {"/contracts/{id}": f"/contracts/{crowd[-1].pk}"})


def test_compiled_reads(owner, crowd):
    check_reads(
        ContractViewSet,
        actor_of(owner.user),
        party_id=[str(crowd[-1].party_id), str(uuid.uuid4())],
        active_on=[str(today()), "2026-01-15", "2026-01-14", "9999-12-31"],
        expiring_within_days=["20", "19", "0"],
    )


def found(client, **query):
    return {one["id"] for one in client.get("/contracts", **query).ok()["data"]["items"]}


def ids(*contracts):
    return {str(one.pk) for one in contracts}


def test_filters(owner, crowd):
    one_draft, _, running, ended, over, full = crowd
    assert found(owner, status="draft") == ids(one_draft)
    assert found(owner, contract_type="lease") == ids(full)
    assert found(owner, contract_type="supply", status="active") == ids(running)
    assert found(owner, party_id=str(full.party_id)) == ids(full)
    assert found(owner, party_id=str(uuid.uuid4())) == set()
    assert found(owner) == ids(*crowd)


def test_in_force(owner):
    """Both ends are included. Drafts are not in force; terminated contracts only before that day."""
    short = active(start_date=dt.date(2027, 3, 1), end_date=dt.date(2028, 2, 29))
    draft(start_date=dt.date(2027, 3, 1), end_date=dt.date(2028, 2, 29))
    services.terminate_contract(
        contract_id=draft_awaiting(dt.date(2027, 3, 1), dt.date(2028, 2, 29)).pk, reason="x", actor=SYSTEM
    )  # never signed
    for day, expected in {
        "2027-02-28": set(),
        "2027-03-01": ids(short),
        "2028-02-28": ids(short),
        "2028-02-29": ids(short),
        "2028-03-01": set(),
    }.items():
        assert found(owner, active_on=day) == expected, day


def draft_awaiting(start, end):
    contract = draft(start_date=start, end_date=end)
    services.submit_contract(contract_id=contract.pk, actor=SYSTEM)
    return contract


def test_what_has_ended_was_in_force(owner):
    ended, over = expired(), terminated()
    yesterday, now = str(today() - DAY), str(today())
    assert found(owner, active_on=yesterday) == ids(ended, over)
    assert found(owner, active_on=now) == ids(ended)
    assert timezone.now().date() == present(over.terminated_at).date()


def test_expiring(owner):
    soon, later = active(end_date=today() + 7 * DAY), active(end_date=today() + 8 * DAY)
    last = active(end_date=today())
    draft(end_date=today() + DAY)
    terminated(end_date=today() + DAY)
    assert found(owner, expiring_within_days=0) == ids(last)
    assert found(owner, expiring_within_days=6) == ids(last)
    assert found(owner, expiring_within_days=7) == ids(last, soon)
    assert found(owner, expiring_within_days=36500) == ids(last, soon, later)


WRONG = [
    ("status", "open"),
    ("contract_type", "rent"),
    ("party_id", "nonsense"),
    ("active_on", "2026-02-29"),
    ("active_on", "today"),
    ("expiring_within_days", "-1"),
    ("expiring_within_days", "36501"),
    ("expiring_within_days", "soon"),
    ("expiring_within_days", "1.5"),
    ("limit", "0"),
    ("limit", "many"),
    ("page", "2"),
    ("cursor", "nonsense"),
    ("sort_by", "status"),
    ("colour", "red"),
]


@pytest.mark.parametrize("name, value", WRONG)
def test_wrong_parameters(owner, name, value):
    owner.get("/contracts", **{name: value}).refused(400, name)


def test_the_cursor_is_the_last_id(owner):
    made = [str(draft().pk) for _ in range(7)]
    seen, cursor = [], ""
    while cursor is not None:
        page = owner.get("/contracts", limit=3, cursor=cursor).ok()["data"]
        seen += [one["id"] for one in page["items"]]
        cursor = page["next_cursor"]
        assert page["has_more"] == (cursor is not None)
        assert cursor in (None, seen[-1])
    assert seen == made[::-1]
    assert owner.get("/contracts", limit=1000).ok()["data"]["limit"] == 100
    assert found(owner, cursor=made[3]) == set(made[:3])
    assert found(owner, cursor=str(uuid.UUID(int=0))) == set()


def test_the_database_has_the_indexes_that_filters_need():
    """With 20,000 contracts of which few match, no filter reads the whole table."""
    contract = active()
    with without_triggers() as cursor:
        columns = [
            present(field.column)
            for field in Contract._meta.concrete_fields
            if field.column not in ("id", "start_date", "end_date", "validity_period")
        ]
        names = ", ".join(columns)
        cursor.execute(
            f"INSERT INTO contracts_contract (id, validity_period, {names}) "  # noqa: S608
            f"SELECT skeleton_uuid7(), daterange('1900-01-01'::date + n, '1900-01-01'::date + n + 30), {names} "
            "FROM contracts_contract, generate_series(1, 20000) AS n WHERE id = %s",
            [contract.pk],
        )
        cursor.execute("ANALYZE contracts_contract")
    for name, value, index in (
        ("active_on", dt.date(1930, 1, 1), "contracts_contract_validity"),
        ("expiring_within_days", 0, "contracts_contract_running"),
        ("party_id", uuid.uuid4(), "contracts_contract_party"),
    ):
        rows = (
            ContractFilterSet(data={}, queryset=Contract.objects.all())
            .filters[name]
            .filter(Contract.objects.with_today(), value)
        )
        plan = json.dumps(json.loads(rows.order_by("-pk")[:21].explain(format="json")))
        assert index in plan, (name, plan)
        assert "Seq Scan" not in plan
