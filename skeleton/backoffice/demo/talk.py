"""What the staff say to each other."""

import datetime as dt
from typing import Any

from messenger.services.conversations import create_conversation
from messenger.services.messages import send_message
from skeleton.backoffice.demo import words
from skeleton.backoffice.demo.world import World
from skeleton.kernel import clock


def talk(world: World) -> None:
    """Two groups and one direct conversation, of the last days."""
    moment = world.now - dt.timedelta(days=2)
    for name, texts in words.TALK:
        members = [actor.user_id for actor in world.staff[1:]]
        values = {"type": "group", "name": name, "member_ids": members}
        moment = _say(world, values, texts, moment)
    _say(world, {"type": "direct", "member_ids": [world.staff[2].user_id]}, words.DIRECT, moment, between=(0, 2))


def _say(
    world: World, values: dict[str, Any], texts: list[str], moment: dt.datetime, between: tuple[int, ...] = ()
) -> dt.datetime:
    """A new conversation and what is said in it, by all or only some of the staff; the moment of its end."""
    with clock.at(moment):
        conversation, _ = create_conversation(values=values, actor=world.staff[0])
    speakers = between or tuple(range(len(world.staff)))
    for n, text in enumerate(texts):
        moment += dt.timedelta(minutes=world.chance.randint(2, 90))
        with clock.at(min(moment, world.now)):
            speaker = world.staff[speakers[n % len(speakers)]]
            send_message(conversation_id=conversation, values={"content": text}, actor=speaker)
    return moment
