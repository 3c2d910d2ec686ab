"""Concurrent changes on real connections."""

import random

import pytest
from django.db import IntegrityError, transaction

from messenger import services
from messenger.models import Conversation, Member, Message
from messenger.tests.factories import conversation, send
from skeleton.events.log import append_all
from skeleton.events.models import Event
from skeleton.identity.tests.factories import UserFactory, actor_of
from skeleton.kernel.constraints import domain_error_for
from skeleton.kernel.errors import Conflict, DomainError, NotFound
from skeleton.testkit.narrowing import present
from skeleton.testkit.races import run_concurrently, run_in_threads

pytestmark = pytest.mark.django_db(transaction=True)

WRITERS = 16


def people(count):
    users = UserFactory.create_batch(count)
    return users, [actor_of(user) for user in users]


def refused_or_sent(actor, conversation_id):
    """Send a message, and convert PostgreSQL's refusal to a domain error, as the API does."""
    try:
        return send(actor, conversation_id)
    except IntegrityError as exc:
        raise present(domain_error_for(exc)) from exc


def test_two_open_the_same_direct_conversation():
    users, actors = people(2)

    def open_it(number):
        body = {"type": "direct", "member_ids": [users[(number + 1) % 2].pk]}
        return services.create_conversation(values=body, actor=actors[number % 2])

    found = run_in_threads(8, open_it)
    assert len({pk for pk, _ in found}) == 1
    assert sum(is_new for _, is_new in found) == 1
    assert Member.objects.count() == 2


def test_numbers_have_no_gap_and_no_double_and_go_by_commit():
    """16 writers, every third of which rolls back after taking a number."""
    users, actors = people(WRITERS)
    where = conversation(users[0], *users[1:])

    class ChangedMind(Exception):
        pass

    def write(number):
        chance, kept = random.Random(number), 0
        for turn in range(10):
            try:
                with transaction.atomic():
                    send(actors[number], where.pk, f"{number} {turn}")
                    if chance.random() < 0.3:
                        raise ChangedMind
                kept += 1
            except ChangedMind:
                pass
        return kept

    kept = sum(run_in_threads(WRITERS, write))
    assert 50 < kept < 160
    numbers = list(Message.objects.order_by("seq").values_list("seq", flat=True))
    assert numbers == list(range(1, kept + 1))
    append_all()
    created = Event.objects.filter(source="messenger_message", verb="created").order_by("position")
    in_order = dict(Message.objects.values_list("pk", "seq"))
    assert [in_order[event.resource_id] for event in created] == numbers
    times = list(Message.objects.order_by("seq").values_list("created_at", flat=True))
    assert times == sorted(times)


def test_the_same_client_id_at_the_same_moment():
    users, actors = people(2)
    where = conversation(users[0], users[1])
    body = {"content": "once", "client_id": "c-1"}
    found = run_in_threads(8, lambda _: services.send_message(conversation_id=where.pk, values=body, actor=actors[0]))
    assert len({pk for pk, _ in found}) == 1
    assert sum(is_new for _, is_new in found) == 1
    assert Conversation.objects.get().last_seq == 1


def test_a_message_and_the_archive():
    """Whichever is first, nothing is written to an archived conversation."""
    users, actors = people(2)
    for _ in range(5):
        where = conversation(users[0], users[1])
        sent, archived = run_concurrently(
            lambda: refused_or_sent(actors[1], where.pk),  # noqa: B023 (it runs within the turn)
            lambda: services.archive_conversation(conversation_id=where.pk, actor=actors[0]),  # noqa: B023
        )
        assert archived is None
        assert Message.objects.filter(conversation=where).count() == (not isinstance(sent, DomainError))
        assert not isinstance(sent, DomainError) or isinstance(sent, Conflict)


def test_everybody_leaves_at_once():
    """Ownership passes to members who are also leaving. In the end the group has no members and no owner."""
    users, actors = people(4)
    where = conversation(users[0], *users[1:])
    run_in_threads(
        4,
        lambda n: services.remove_member(conversation_id=where.pk, user_id=users[n].pk, actor=actors[n]),
    )
    left = Conversation.objects.get()
    assert (left.owner_id, left.members.count()) == (None, 0)


def test_removed_while_writing():
    users, actors = people(2)
    for _ in range(5):
        where = conversation(users[0], users[1])
        sent, removed = run_concurrently(
            lambda: refused_or_sent(actors[1], where.pk),  # noqa: B023
            lambda: services.remove_member(conversation_id=where.pk, user_id=users[1].pk, actor=actors[0]),  # noqa: B023
        )
        assert removed is None
        assert not isinstance(sent, DomainError) or isinstance(sent, NotFound)


def test_read_marks_from_several_devices():
    users, actors = people(2)
    where = conversation(users[0], users[1])
    for _ in range(8):
        send(actors[0], where.pk)
    run_in_threads(8, lambda n: services.mark_read(conversation_id=where.pk, seq=n + 1, actor=actors[1]))
    assert Member.objects.get(user=users[1]).read_seq == 8
    append_all()
    read = Event.objects.filter(source="messenger_read").order_by("position")
    marks = [present(event.data)["seq"] for event in read]
    assert marks == sorted(set(marks))
    assert marks[-1] == 8
