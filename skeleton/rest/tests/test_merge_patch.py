"""`application/merge-patch+json` (RFC 7396) on PATCH."""

import json

import pytest

from parties.tests.factories import CustomerFactory
from skeleton.testkit.client import operations

MERGE_PATCH = "application/merge-patch+json"


@pytest.mark.django_db
def test_patch_takes_it(owner):
    path = f"/customers/{CustomerFactory.create(name='Old', phone='+1-555-0100').pk}"
    found = owner.call("PATCH", path, {"name": "New", "phone": None}, content_type=MERGE_PATCH).ok()
    assert (found["name"], found["phone"]) == ("New", None)


@pytest.mark.django_db
@pytest.mark.parametrize(("method", "path"), [("POST", "/customers"), ("PUT", "/customers/{pk}")])
def test_other_methods_do_not(owner, method, path):
    path = path.format(pk=CustomerFactory.create().pk)
    owner.call(method, path, {"name": "New"}, content_type=MERGE_PATCH).refused(415)


@pytest.mark.django_db
def test_it_is_read_as_strictly_as_json(owner):
    path = f"/customers/{CustomerFactory.create().pk}"
    owner.call("PATCH", path, json.dumps([1]).encode(), content_type=MERGE_PATCH).refused(400)


def test_it_is_described():
    contents = {
        method: set(operations()[method, "/api/v1/customers/{id}"]["requestBody"]["content"])
        for method in ("PUT", "PATCH")
    }
    assert contents == {"PUT": {"application/json"}, "PATCH": {"application/json", MERGE_PATCH}}
