"""Files in a bucket, on a server with the S3 protocol over a real socket."""

import hashlib
import os
import urllib.request
import uuid

import boto3
import pytest
from django.core.management import CommandError
from moto.server import ThreadedMotoServer

from skeleton.files.models import File
from skeleton.files.tasks import report_orphans
from skeleton.files.tests.factories import part, send, upload
from skeleton.files.tests.test_sweep import OLD, listed, said, sweep

pytestmark = pytest.mark.django_db


@pytest.fixture(scope="module")
def server():
    made = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    made.start()
    host, port = made.get_host_and_port()
    yield f"http://{host}:{port}"
    made.stop()


def options(endpoint, bucket):
    return {
        "bucket_name": bucket,
        "endpoint_url": endpoint,
        "region_name": "us-east-1",
        "access_key": "key",
        "secret_key": "secret",
        "location": "",
    }


def use(settings, endpoint, bucket, prefix=""):
    storages, chosen = {**settings.STORAGES}, {**options(endpoint, bucket), "location": prefix}
    storages["default"] = {"BACKEND": "skeleton.files.s3.S3Files", "OPTIONS": chosen}
    settings.STORAGES = storages


@pytest.fixture
def bucket(server, settings):
    """An empty bucket that the API uses."""
    name = f"files-{uuid.uuid4()}"
    client = boto3.client(
        "s3", endpoint_url=server, aws_access_key_id="key", aws_secret_access_key="secret", region_name="us-east-1"
    )
    client.create_bucket(Bucket=name)
    use(settings, server, name)
    found = boto3.resource(
        "s3", endpoint_url=server, aws_access_key_id="key", aws_secret_access_key="secret", region_name="us-east-1"
    )
    return found.Bucket(name)


def keys(bucket):
    return sorted(found.key for found in bucket.objects.all())


def fetch(link, **headers):
    with urllib.request.urlopen(urllib.request.Request(link, headers=headers), timeout=10) as answer:
        return answer.status, answer.headers, answer.read()


def test_an_upload_comes_back_through_a_signed_link(clerk, bucket, folder):
    content = os.urandom(300_000)
    made = upload(clerk, content, 'Звіт "1".html')
    assert made["checksum"] == hashlib.sha256(content).hexdigest()
    assert len(keys(bucket)) == 1
    assert not folder.exists()
    answer = clerk.get(f"/files/{made['id']}/download")
    answer.ok(302)
    link = answer.headers["Location"]
    assert "X-Amz-Expires=60" in link
    assert "X-Amz-Signature=" in link
    status, headers, body = fetch(link)
    assert (status, body) == (200, content)
    assert headers["Content-Disposition"].startswith("attachment;")
    assert headers["Content-Type"] == "application/octet-stream"
    assert fetch(link, Range="bytes=10-19")[2] == content[10:20]


def test_a_larger_file_goes_in_parts(clerk, bucket):
    content = os.urandom(12_000_000)
    made = upload(clerk, content, "big.bin")
    assert fetch(clerk.get(f"/files/{made['id']}/download").headers["Location"])[2] == content


def test_delete(clerk, bucket, django_capture_on_commit_callbacks):
    made = upload(clerk)
    with django_capture_on_commit_callbacks(execute=True):
        clerk.delete(f"/files/{made['id']}").ok(204)
    assert keys(bucket) == []


def test_the_sweep_finds_orphans_in_the_bucket(clerk, bucket):
    made = [upload(clerk) for _ in range(3)]
    lost = File.objects.get(pk=made[0]["id"])
    bucket.Object(lost.storage_key).delete()
    bucket.put_object(Key=OLD, Body=b"orphan")
    clerk.get(f"/files/{lost.pk}/download").refused(404)
    assert listed() == [f"bytes without a row: {OLD}", f"row without bytes: {lost.pk}"]
    assert (len(keys(bucket)), File.objects.count()) == (3, 3)
    assert sweep() == [f"bytes without a row: {OLD}", f"row without bytes: {lost.pk}"]
    assert len(keys(bucket)) == File.objects.count() == 2


def test_away_is_503_and_nothing_is_lost(clerk, server, bucket, settings, django_capture_on_commit_callbacks):
    kept, deleted = upload(clerk, b"kept"), upload(clerk, b"deleted")
    use(settings, "http://127.0.0.1:9", bucket.name)  # nothing listens there
    refused = send(clerk, part("file", b"x", "a.txt"))
    refused.refused(503)
    assert refused.headers["Retry-After"]
    clerk.get(f"/files/{kept['id']}/download").refused(503)
    assert clerk.get("/files").ok()["total"] == 2
    with django_capture_on_commit_callbacks(execute=True):
        clerk.delete(f"/files/{deleted['id']}").ok(204)  # the row is deleted; the content stays until the sweep
    use(settings, server, bucket.name)
    assert fetch(clerk.get(f"/files/{kept['id']}/download").headers["Location"])[2] == b"kept"
    assert len(keys(bucket)) == 2
    assert len(sweep(hours=0)) == 1
    assert len(keys(bucket)) == 1


def test_a_bucket_that_is_not_there_is_503(clerk, server, settings):
    use(settings, server, "nobodys-bucket")
    send(clerk, part("file", b"x", "a.txt")).refused(503)
    assert File.objects.count() == 0


def test_a_sweep_while_away_removes_no_row(clerk, bucket, settings):
    upload(clerk)
    use(settings, "http://127.0.0.1:9", bucket.name)
    with pytest.raises(Exception, match="storage is currently unavailable"):
        sweep(anyway=True)
    assert File.objects.count() == 1


def test_a_second_installation_on_the_same_bucket_deletes_nothing(bucket):
    """A restore test without rows: all contents are old and belong to another installation."""
    theirs = [f"2025/01/31/0194b8f0-0000-7000-8000-{number:012}" for number in range(12)]
    for key in theirs:
        bucket.put_object(Key=key, Body=b"theirs")
    report_orphans()
    assert len(listed()) == len(listed(hours=0)) == 12
    assert f"the bucket {bucket.name} at http://127.0.0.1" in said()
    assert "without a prefix (the whole bucket)" in said()
    with pytest.raises(CommandError, match="another installation's storage"):
        sweep()
    assert keys(bucket) == theirs


def test_prefixes_keep_installations_apart(clerk, server, bucket, settings):
    bucket.put_object(Key=f"first/{OLD}", Body=b"theirs")
    bucket.put_object(Key=OLD, Body=b"of the one without a prefix")
    use(settings, server, bucket.name, "second")
    upload(clerk)
    assert sweep(hours=0) == []
    assert "under the prefix second" in said()
    assert len(keys(bucket)) == 3
    use(settings, server, bucket.name)
    assert listed()[0] == f"bytes without a row: {OLD}"
    assert not any("first/" in line or "second/" in line for line in listed())
