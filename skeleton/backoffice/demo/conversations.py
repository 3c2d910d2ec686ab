"""Creates conversations of the staff."""

import datetime as dt
from typing import Any

from messenger.services.conversations import create_conversation
from messenger.services.messages import send_message
from skeleton.backoffice.demo import data
from skeleton.backoffice.demo.world import World
from skeleton.kernel import clock


def create_conversations(world: World) -> None:
    """Create two groups and one direct conversation with messages of the last days."""
    moment = world.now - dt.timedelta(days=2)
    for name, texts in data.TALK:
        members = [actor.user_id for actor in world.staff[1:]]
        values = {"type": "group", "name": name, "member_ids": members}
        moment = _converse(world, values, texts, moment)
    _converse(world, {"type": "direct", "member_ids": [world.staff[2].user_id]}, data.DIRECT, moment, between=(0, 2))


def _converse(
    world: World, values: dict[str, Any], texts: list[str], moment: dt.datetime, between: tuple[int, ...] = ()
) -> dt.datetime:
    """Create a conversation with messages between all or some of the staff, and return the time of the last one."""
    with clock.freeze_time_at(moment):
        conversation, _ = create_conversation(values=values, actor=world.staff[0])
    speakers = between or tuple(range(len(world.staff)))
    for n, text in enumerate(texts):
        moment += dt.timedelta(minutes=world.rng.randint(2, 90))
        with clock.freeze_time_at(min(moment, world.now)):
            speaker = world.staff[speakers[n % len(speakers)]]
            send_message(conversation_id=conversation, values={"content": text}, actor=speaker)
    return moment
