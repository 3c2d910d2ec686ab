"""Lists and reads of the messenger: query counts, query plans, and compiled against ordinary reads."""

import pytest
from django.db import connection

from messenger.tests.factories import conversation, message
from messenger.views import ConversationViewSet
from skeleton.files.models import File
from skeleton.identity.tests.factories import UserFactory, actor_of
from skeleton.testkit.query_counts import check_query_counts
from skeleton.testkit.reading import check_reads
from skeleton.testkit.roles import without_triggers

pytestmark = pytest.mark.django_db


@pytest.fixture
def busy(carl, dora, group):
    file = File.objects.create(
        owner=carl.user, name="x", mime_type="text/plain", size=1, checksum="0" * 64, storage_key="k"
    )
    for number in range(5):
        made = conversation(carl.user, dora.user, *UserFactory.create_batch(number), name=f"Group {number}")
        message(carl.user, made, attachments=[file.pk])
        message(dora.user, made)
        message(dora.user, made, attachments=[])
    for _ in range(2):
        carl.patch(f"/conversations/{made.pk}/archive")
        made = conversation(carl.user, UserFactory.create(), type="direct")
    for number in range(5):
        sent = message(carl.user, made, f"{number}", attachments=[file.pk])
    return made, sent


def test_query_counts(carl, busy):
    made, _ = busy
    check_query_counts(
        "messenger",
        carl,
        {
            "/conversations/{id}": f"/conversations/{made.pk}",
            "/conversations/{id}/messages": f"/conversations/{made.pk}/messages",
        },
        skip=("/messenger/events",),
    )


def test_compiled_reads(carl, busy):
    check_reads(ConversationViewSet, actor_of(carl.user))


FILL = """
    INSERT INTO identity_user (id, email, name, password, is_active, language, created_at, updated_at)
    SELECT skeleton_uuid7(), 'crowd' || n || '@example.com', 'Crowd ' || n, '', true, 'en', now(), now()
    FROM generate_series(1, 500) AS n;
    INSERT INTO messenger_conversation (id, type, last_seq, last_activity_at, created_at, updated_at)
    SELECT skeleton_uuid7(), 'group', 10, now() - n * interval '1 minute', now(), now()
    FROM generate_series(1, 10000) AS n;
    INSERT INTO messenger_member (id, conversation_id, user_id, read_seq, since, joined_at)
    SELECT skeleton_uuid7(), c.id, u.id, 0, 0, now()
    FROM (SELECT id, row_number() OVER (ORDER BY id) AS n FROM messenger_conversation WHERE last_seq = 10) c
    JOIN (SELECT id, row_number() OVER (ORDER BY id) AS n FROM identity_user) u ON u.n IN (c.n % 500, c.n * 7 % 500);
    INSERT INTO messenger_message (id, conversation_id, seq, sender_id, content, created_at)
    SELECT skeleton_uuid7(), c.id, n, (SELECT id FROM identity_user LIMIT 1), 'x', now()
    FROM messenger_conversation c, generate_series(1, 10) AS n WHERE last_seq = 10;
    ANALYZE messenger_conversation, messenger_member, messenger_message, identity_user;
"""


def test_no_list_reads_a_table_through_when_there_are_many(carl, busy):
    """Check the query plans with 10,000 conversations and 100,000 messages."""
    made, _ = busy
    with without_triggers() as cursor:
        for statement in FILL.strip().removesuffix(";").split(";\n"):
            cursor.execute(statement)
    plans = []

    def explained(execute, sql, params, many, context):
        if sql.lstrip().startswith("SELECT") and "messenger_" in sql:
            with context["connection"].connection.cursor() as raw:
                raw.execute(f"EXPLAIN {sql}", params)
                plans.append("\n".join(row[0] for row in raw.fetchall()))
        return execute(sql, params, many, context)

    with connection.execute_wrapper(explained):
        carl.get("/conversations").ok()
        carl.get("/conversations", cursor="", limit=2).ok()
        carl.get("/conversations", type="group", archived="false", limit=2).ok()
        carl.get(f"/conversations/{made.pk}").ok()
        carl.get(f"/conversations/{made.pk}/messages", limit=2).ok()
        carl.get(f"/conversations/{made.pk}/messages", after=2).ok()
    assert len(plans) >= 6
    for plan in plans:
        for table in ("conversation", "member", "message"):
            assert f"Seq Scan on messenger_{table}" not in plan, plan
