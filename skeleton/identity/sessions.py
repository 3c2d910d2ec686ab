"""Lets the event log's streams read the actors of their sessions."""

from skeleton.events.streams import actors_from
from skeleton.identity.queries import actor_by_session

actors_from(actor_by_session)
