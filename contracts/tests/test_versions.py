"""Every change after activation creates a version, old ones stay readable, and the audit log has the actor."""

import pytest

from contracts import services
from contracts.models import ContractVersion
from contracts.tests.factories import active, draft
from skeleton.audit.models import AuditEntry
from skeleton.identity.tests.factories import actor_of
from skeleton.kernel.actors import SYSTEM

pytestmark = pytest.mark.django_db


def test_every_change_after_the_activation_is_a_version(owner, colleague):
    contract = draft(credit_limit=500, actor=actor_of(owner.user))
    path = f"/contracts/{contract.pk}"
    assert owner.put(path, {"credit_days": 31}).ok()["data"]["versions"] == []
    owner.post(f"{path}/activate").ok()
    colleague.put(f"{path}/payment-terms", {"credit_days": 45, "penalty_rate": 0.25}).ok()
    owner.put(f"{path}/delivery-terms", {"estimated_days": 7}).ok()
    owner.post(f"{path}/renew", {"new_end_date": "2100-02-28"}).ok()
    shown = owner.post(f"{path}/terminate", {"reason": "Breach of terms"}).ok()["data"]

    versions = shown["versions"]
    assert [one["version"] for one in versions] == [1, 2, 3, 4, 5]
    assert shown["version"] == 5
    assert set(versions[0]) == {
        "version",
        "changed_at",
        "changed_by",
        "payment_terms",
        "delivery_terms",
        "validity_period",
        "credit_limit",
    }
    assert [one["payment_terms"]["credit_days"] for one in versions] == [31, 45, 45, 45, 45]
    assert [one["payment_terms"]["penalty_rate"] for one in versions] == [None, 0.25, 0.25, 0.25, 0.25]
    assert [one["delivery_terms"]["estimated_days"] for one in versions] == [None, None, 7, 7, 7]
    assert [one["validity_period"]["end_date"] for one in versions] == ["2099-01-14"] * 3 + ["2100-02-28"] * 2
    assert {one["credit_limit"] for one in versions} == {500}
    assert {one["changed_by"] for one in versions} == {str(owner.user.pk), str(colleague.user.pk)}
    assert versions[1]["changed_by"] == str(colleague.user.pk)
    assert all(one["changed_at"].endswith("Z") for one in versions)
    last = versions[-1]
    assert {name: last[name] for name in ("payment_terms", "delivery_terms", "validity_period")} == {
        name: shown[name] for name in ("payment_terms", "delivery_terms", "validity_period")
    }
    actions = ContractVersion.objects.order_by("version").values_list("action", flat=True)
    assert list(actions) == ["activate", "payment-terms", "delivery-terms", "renew", "terminate"]


def test_what_changes_nothing_makes_no_version(owner):
    contract = active(estimated_days=5)
    path = f"/contracts/{contract.pk}"
    for body in ({}, {"estimated_days": 5}, {"delivery_type": "delivery"}, {"insurance": None}):
        shown = owner.put(f"{path}/delivery-terms", body).ok()["data"]
        assert (shown["version"], len(shown["versions"])) == (1, 1)


def test_the_system_is_nobody(owner):
    contract = active()
    shown = owner.get(f"/contracts/{contract.pk}").ok()["data"]
    assert [one["changed_by"] for one in shown["versions"]] == [None]


def entries():
    return list(AuditEntry.objects.filter(resource="contracts").order_by("id"))


def test_the_audit_log(owner, colleague):
    before = len(entries())
    contract = draft(actor=actor_of(owner.user))
    path = f"/contracts/{contract.pk}"
    owner.post(f"{path}/submit").ok()
    owner.post(f"{path}/reject", {"reason": "Too dear"}).ok()
    owner.put(path, {"credit_days": 20}).ok()
    owner.post(f"{path}/submit").ok()
    colleague.post(f"{path}/approve").ok()
    owner.put(f"{path}/payment-terms", {"credit_days": 45}).ok()
    owner.post(f"{path}/terminate", {"reason": "Breach of terms"}).ok()
    owner.put(f"{path}/payment-terms", {"credit_days": 1}).refused(409)

    found = entries()[before:]
    assert [one.action for one in found] == [
        "create",
        "submit",
        "reject",
        "update",
        "submit",
        "approve",
        "payment-terms",
        "terminate",
    ]
    assert {one.resource_id for one in found} == {contract.pk}
    assert [one.actor_id == colleague.user.pk for one in found] == [False] * 5 + [True] + [False] * 2
    assert found[0].changes["start_date"] == [None, "2026-01-15"]
    assert found[0].changes["end_date"] == [None, "2099-01-14"]
    assert "validity_period" not in found[0].changes
    assert found[1].changes == {"status": ["draft", "pending_approval"]}
    assert found[6].changes == {"credit_days": [20, 45], "version": [1, 2]}
    assert found[7].changes["termination_reason"] == [None, "Breach of terms"]


def test_a_refused_verb_leaves_no_trace():
    contract = active()
    before = len(entries())
    with pytest.raises(Exception, match="is already active"):
        services.submit_contract(contract_id=contract.pk, actor=SYSTEM)
    assert len(entries()) == before
