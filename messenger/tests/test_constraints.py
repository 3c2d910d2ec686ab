"""The invariants in PostgreSQL, attacked with raw SQL."""

import pytest
from django.db import connection

from messenger.models import Conversation, Member, Message
from messenger.tests.factories import conversation, message
from skeleton.events.kinds import type_of
from skeleton.events.log import append_all
from skeleton.events.models import Event
from skeleton.files.models import File
from skeleton.identity.tests.factories import UserFactory
from skeleton.kernel.constraints import domain_error_for
from skeleton.kernel.ids import uuid7
from skeleton.testkit.narrowing import database_error
from skeleton.testkit.roles import refusal_of

pytestmark = pytest.mark.django_db


def refusal(sql, *params):
    """Return the constraint that refuses the statement, immediately or at commit."""
    found = refusal_of(lambda: _change(sql, params))
    assert found is not None
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL DEFERRED")
    assert domain_error_for(found), "people get a sentence"
    return database_error(found).diag.constraint_name


def _change(sql, params):
    with connection.cursor() as cursor:
        cursor.execute(sql, params)
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")


@pytest.fixture
def people():
    return UserFactory.create_batch(3)


@pytest.fixture
def group(people):
    one, two, _ = people
    made = conversation(one, two, name="Team")
    message(one, made)
    message(two, made)
    return made


@pytest.fixture
def direct(people):
    return conversation(people[0], people[1], type="direct")


class TestConversation:
    @pytest.mark.parametrize(
        "change, constraint",
        [
            ("type = 'direct'", "messenger_conversation_identity"),
            ("id = skeleton_uuid7()", "messenger_conversation_identity"),
            ("created_at = now() - interval '1 day'", "messenger_conversation_identity"),
            ("last_seq = 7", "messenger_conversation_counted"),
            ("last_seq = 0", "messenger_conversation_counted"),
            ("owner_id = NULL", "messenger_conversation_owner"),
            ("name = ''", "messenger_conversation_name_present"),
        ],
        ids=lambda value: value.split(" = ")[0] if " = " in value else "",
    )
    def test_what_stays(self, group, change, constraint):
        assert refusal(f"UPDATE messenger_conversation SET {change} WHERE id = %s", group.pk) == constraint

    def test_it_is_never_deleted(self, group):
        found = refusal("DELETE FROM messenger_conversation WHERE id = %s", group.pk)
        assert found == "messenger_conversation_permanent"

    def test_its_owner_is_a_member(self, people, group):
        sql = "UPDATE messenger_conversation SET owner_id = %s WHERE id = %s"
        assert refusal(sql, people[2].pk, group.pk) == "messenger_conversation_owner"
        sql = "DELETE FROM messenger_member WHERE user_id = %s AND conversation_id = %s"
        assert refusal(sql, people[0].pk, group.pk) == "messenger_conversation_owner"

    def test_two_have_one_direct_conversation(self, people, direct):
        insert = """
            INSERT INTO messenger_conversation
                (id, type, low_user_id, high_user_id, last_seq, last_activity_at, created_at, updated_at)
            VALUES (%s, 'direct', %s, %s, 0, now(), now(), now())
        """
        low, high = direct.low_user_id, direct.high_user_id
        assert refusal(insert, uuid7(), low, high) == "messenger_conversation_direct_unique"
        assert refusal(insert, uuid7(), high, low) == "messenger_conversation_fits_type"
        assert refusal(insert, uuid7(), low, low) == "messenger_conversation_fits_type"
        assert refusal(insert, uuid7(), low, people[2].pk) == "messenger_member_direct"  # it has no members

    def test_an_archived_one_is_read_only(self, people, group):
        Conversation.objects.filter(pk=group.pk).update(archived_at=group.created_at)
        refused = {
            refusal("UPDATE messenger_conversation SET name = 'x' WHERE id = %s", group.pk),
            refusal("UPDATE messenger_message SET content = 'x' WHERE conversation_id = %s", group.pk),
            refusal("DELETE FROM messenger_member WHERE conversation_id = %s", group.pk),
            refusal(INSERT_MEMBER, uuid7(), group.pk, people[2].pk),
            refusal(INSERT_MESSAGE, uuid7(), group.pk, people[0].pk),
        }
        assert refused == {"messenger_conversation_archived"}


INSERT_MEMBER = """
    INSERT INTO messenger_member (id, conversation_id, user_id, read_seq, since, joined_at)
    VALUES (%s, %s, %s, 0, 0, now())
"""
INSERT_MESSAGE = """
    INSERT INTO messenger_message (id, conversation_id, sender_id, content, seq, created_at)
    VALUES (%s, %s, %s, 'x', 99, now())
"""


class TestMember:
    def test_a_direct_conversation_keeps_its_two(self, people, direct):
        assert refusal(INSERT_MEMBER, uuid7(), direct.pk, people[2].pk) == "messenger_member_direct"
        found = refusal("DELETE FROM messenger_member WHERE user_id = %s", people[1].pk)
        assert found == "messenger_member_direct"

    def test_nobody_is_in_it_twice(self, people, group):
        assert refusal(INSERT_MEMBER, uuid7(), group.pk, people[1].pk) == "messenger_member_unique"

    @pytest.mark.parametrize("seq", [0, 3, -1])
    def test_read_marks_only_grow_and_up_to_the_last_message(self, people, group, seq):
        mark = Member.objects.get(conversation=group, user=people[1])
        assert mark.read_seq == 2
        sql = "UPDATE messenger_member SET read_seq = %s WHERE id = %s"
        assert refusal(sql, seq, mark.pk) == "messenger_member_read_grows"

    def test_what_stays(self, people, group):
        for change in (f"user_id = '{people[2].pk}'", "since = 99", "joined_at = now() - interval '1 year'"):
            sql = f"UPDATE messenger_member SET {change} WHERE conversation_id = %s"
            assert refusal(sql, group.pk) == "messenger_member_identity"


class TestMessage:
    def test_its_number_is_given_never_taken(self, people, group):
        with connection.cursor() as cursor:
            cursor.execute(INSERT_MESSAGE, [uuid7(), group.pk, people[0].pk])
        assert list(Message.objects.filter(conversation=group).order_by("seq").values_list("seq", flat=True)) == [
            1,
            2,
            3,
        ]

    def test_only_members_write(self, people, group):
        assert refusal(INSERT_MESSAGE, uuid7(), group.pk, people[2].pk) == "messenger_message_sender_is_member"

    @pytest.mark.parametrize(
        "change", ["seq = 9", "created_at = now() - interval '1 year'", "client_id = 'x'", "id = skeleton_uuid7()"]
    )
    def test_what_stays(self, group, change):
        sql = f"UPDATE messenger_message SET {change} WHERE conversation_id = %s"
        assert refusal(sql, group.pk) == "messenger_message_identity"

    def test_it_is_never_removed(self, group):
        sql = "DELETE FROM messenger_message WHERE conversation_id = %s"
        assert refusal(sql, group.pk) == "messenger_message_permanent"
        connection.check_constraints()
        assert refusal("TRUNCATE messenger_message CASCADE") == "messenger_message_permanent"

    def test_deleted_is_empty_and_for_good(self, group):
        with connection.cursor() as cursor:
            cursor.execute("UPDATE messenger_message SET deleted_at = now() WHERE conversation_id = %s", [group.pk])
        assert not Message.objects.filter(content__isnull=False).exists()
        for change in ("content = 'back'", "deleted_at = NULL"):
            sql = f"UPDATE messenger_message SET {change} WHERE conversation_id = %s"
            assert refusal(sql, group.pk) == "messenger_message_deleted"


class TestAttachment:
    def test_ones_own_files_as_they_were_sent(self, people, group):
        one, two, _ = people
        files = [
            File.objects.create(owner=who, name="x", mime_type="text/plain", size=1, checksum="0" * 64, storage_key=key)
            for who, key in ((one, "a"), (two, "b"))
        ]
        where = Message.objects.get(conversation=group, sender=one)
        insert = "INSERT INTO messenger_attachment (message_id, file_id, position) VALUES (%s, %s, %s)"
        assert refusal(insert, where.pk, files[1].pk, 0) == "messenger_attachment_own_file"
        with connection.cursor() as cursor:
            cursor.execute(insert, [where.pk, files[0].pk, 0])
        assert refusal(insert, where.pk, files[0].pk, 1) == "messenger_attachment_file_unique"
        assert refusal("UPDATE messenger_attachment SET position = 5") == "messenger_attachment_fixed"
        assert refusal("DELETE FROM messenger_attachment") == "messenger_attachment_fixed"
        assert refusal("DELETE FROM files_file WHERE id = %s", files[0].pk)


def events():
    """Return the type of each event since the last call, in order, and what it says besides."""
    append_all()
    found = Event.objects.filter(resource="messenger").order_by("position")
    types = [(type_of(event.source, event.resource, event.verb), event.data) for event in found]
    found.delete()
    return types


class TestLog:
    def test_whatever_changes_has_an_event_whoever_changes_it(self, people, group):
        assert sorted(name for name, _ in events()) == ["conversation.created", "message.created", "message.created"]
        with connection.cursor() as cursor:
            cursor.execute("UPDATE messenger_message SET content = 'raw' WHERE seq = 1")
            cursor.execute("UPDATE messenger_message SET deleted_at = now() WHERE seq = 2")
            cursor.execute("UPDATE messenger_member SET read_seq = 2 WHERE user_id = %s", [people[0].pk])
        read = {"user_id": str(people[0].pk), "seq": 2}
        assert events() == [("message.updated", None), ("message.deleted", None), ("conversation.read", read)]

    def test_a_mark_that_moves_by_writing_has_no_event(self, people, group):
        events()
        with connection.cursor() as cursor:
            cursor.execute(
                "INSERT INTO messenger_message (id, conversation_id, seq, sender_id, content, created_at)"
                " VALUES (gen_random_uuid(), %s, 0, %s, 'raw', now())",
                [group.pk, people[0].pk],
            )
        assert events() == [("message.created", None)]
