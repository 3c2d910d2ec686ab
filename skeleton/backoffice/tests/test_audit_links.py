"""The audit log names and links every kind of record, several of which can share a resource."""

import re

import pytest
from django.utils import timezone

from accounting.models import Account, Entry
from accounting.tests.factories import account, post
from billing.tests.factories import credited, draft, line, order, ordered, paid, sent
from contracts.tests.factories import active as contract
from inventory.tests import factories as inventory
from parties.tests.factories import CountryFactory
from skeleton.audit.admin import admins_by_resource
from skeleton.audit.models import AuditEntry
from skeleton.identity.models import User
from skeleton.jobs.models import Job
from skeleton.jobs.tests.jobs import count
from skeleton.kernel.actors import SYSTEM
from skeleton.kernel.ids import uuid7
from skeleton.kernel.transactions import audited_transaction
from skeleton.testkit.roles import as_owner

pytestmark = pytest.mark.django_db

LOG = "/admin/audit/auditentry/"
LINK = re.compile(r'href="(/admin/(?!audit)[a-z]+/[a-z]+/[0-9a-f-]{36}/change/)"')


def made_by_everybody():
    CountryFactory.create()
    paid(line(100))
    draft()
    credited(sent(line(1000)))
    order(ordered())
    contract()
    inventory.category("Spare parts")
    inventory.reserved(inventory.stocked(10), 2)
    post("1200", "4000", 500)
    with audited_transaction(SYSTEM, "create"):
        account("9999")


def text(response):
    return response.content.decode()


def test_every_link_leads_to_the_record(chief):
    made_by_everybody()
    found = {link for page in (1, 2, 3) for link in LINK.findall(text(chief.get(LOG, {"p": page})))}
    kinds = {link.split("/")[3] for link in found}
    assert {"account", "entry", "stock", "warehouse", "item", "category", "invoice", "payment", "order"} <= kinds
    assert {link: chief.get(link).status_code for link in found if chief.get(link).status_code != 200} == {}


def test_a_record_is_named_by_its_own_kind(chief):
    User.objects.filter(pk=chief.user.pk).update(language="de")
    entry = post("1200", "4000", 500)
    shown = text(chief.get(LOG, {"resource": "accounting", "resource_id": entry}))
    assert f"/admin/accounting/entry/{entry}/change/" in shown
    kind = str(Entry._meta.verbose_name_plural)
    assert kind[1:] in shown


def test_a_record_that_is_gone_has_no_link(chief):
    gone = uuid7()
    entry = AuditEntry(id=uuid7(), action="delete", resource="orders", resource_id=gone, changes={})
    entry.created_at = timezone.now()
    with as_owner():
        entry.save(force_insert=True)
    assert f"/{gone}/change/" not in text(chief.get(LOG, {"resource_id": gone}))


def test_every_screen_of_records_is_known_by_its_resource():
    labels = {screen.opts.label for screens in admins_by_resource().values() for screen in screens}
    assert labels >= {"accounting.Entry", "inventory.Stock", "notifications.Preferences", "jobs.Job"}


def test_a_job_is_linked_by_its_number(chief):
    count.enqueue(key="x")
    job = Job.objects.latest("pk")
    chief.post(f"/admin/jobs/job/{job.pk}/cancel/", {})
    (link,) = LINK.findall(text(chief.get(LOG, {"resource": "jobs"})))
    assert chief.get(link).status_code == 200


def test_fields_are_named_as_on_their_pages(chief):
    invoice = sent(line(100))
    User.objects.filter(pk=chief.user.pk).update(language="de")
    entry = AuditEntry.objects.filter(resource_id=invoice.pk, changes__has_key="due_date").earliest("id")
    listed = text(chief.get(LOG, {"resource_id": invoice.pk}))
    assert "Fällig am" in listed
    assert "due_date" not in listed
    shown = text(chief.get(f"{LOG}{entry.pk}/change/"))
    assert '<th scope="row">Fällig am</th>' in shown
    assert '<th scope="row">Kunde</th>' in shown, "the column is customer_id"


def test_what_changes_an_existing_row_is_no_creation(chief):
    """Creating a sub-account changes nothing else, but a service that creates a record may change another one."""
    bank = account("9998", name="Old name")
    with audited_transaction(SYSTEM, "create"):
        Account.objects.filter(pk=bank.pk).update(name="New name")
        made = account("9999").pk
    badges = re.compile(r"(Created|Changed)\s*</")
    assert badges.findall(text(chief.get(LOG, {"resource_id": made}))) == ["Created"]
    assert badges.findall(text(chief.get(LOG, {"resource_id": bank.pk}))) == ["Changed", "Created"]
