"""Guessing passwords: what is counted, by whom, and when it has to wait. One mechanism for all doors.

Four limits stand before a password is looked at. Failures count; what turns out right is given back.

- `login`: by network and account; for somebody signed in by session.
- `guess_address`: by network, over all accounts and doors. A network that signed in to this account lately is exempt.
- `account`: by account over all networks. It grows and never closes, so a stranger cannot lock anybody out; and what
  signed in to the account before (a network, or a browser with its mark) is counted apart, so it does not have to wait
  for strangers.
- `login_address`: all sign-ins of a network, good ones too.

An account that does not exist is counted like one that does.
"""

import hashlib
import math
from dataclasses import dataclass
from uuid import uuid4

from django.conf import settings
from django.utils.translation import gettext_lazy as _

from skeleton.identity.models import User
from skeleton.kernel.actors import Actor
from skeleton.kernel.errors import TooManyRequests
from skeleton.kernel.text import format_text
from skeleton.rest.throttles import Hit, Limit, give_back_all, hit_all

LOGIN_ADDRESS, LOGIN, GUESS_ADDRESS = Limit("login_address"), Limit("login"), Limit("guess_address")
ACCOUNT = Limit("account", grows=True)
"""Asked in this order wherever they meet."""


@dataclass(frozen=True, slots=True)
class Guess:
    """One attempt. `always` counts whatever comes of it, `failures` only if it fails."""

    failures: tuple[Hit, ...]
    always: tuple[Hit, ...] = ()

    def count(self) -> None:
        """Count it before it is tried, so that racing attempts all count. Raises TooManyRequests."""
        try:
            hit_all(*self.always, *self.failures)
        except TooManyRequests as refusal:
            wait = refusal.retry_after or 1
            minutes = math.ceil(wait / 60)
            raise TooManyRequests(
                format_text(_("Too many requests. Try again in {minutes} min."), minutes=minutes), retry_after=wait
            ) from refusal

    def was_right(self) -> None:
        """Uncount it."""
        give_back_all(*self.failures)


def guess_at_login(*, network: str, account: str, known: bool, mark: str) -> Guess:
    """Return the attempt to sign in to `account` from `network`, which is `known` there or not.

    A `mark` counts only where it is one of this account.
    """
    marked = mark if mark.startswith(f"{account}|") else ""
    place = marked or network
    apart = f"{account}|{place}" if marked or known else account
    strange = () if marked or known else ((GUESS_ADDRESS, network),)
    failures = ((LOGIN, f"{place}|{account}"), *strange, (ACCOUNT, apart))
    return Guess(failures, always=((LOGIN_ADDRESS, network),))


def guess_of(actor: Actor, network: str) -> Guess:
    """Return the attempt of somebody signed in at their own password, which a stolen session may be."""
    account = str(actor.user_id)
    session = f"session|{actor.session_id or account}"
    return Guess(((LOGIN, session), (GUESS_ADDRESS, network), (ACCOUNT, f"{account}|signed in")))


def account_of(user: User | None, email: str) -> str:
    """Return what an account is counted by, whether it exists or not."""
    return str(user.pk) if user else email.strip().casefold()


def mark_of(user: User) -> str:
    """Return a new mark for a browser that signed in as `user`. It must be signed before it is given out."""
    return f"{user.pk}|{uuid4()}"


def network_hash(network: str) -> bytes:
    """Return what is kept of a network: nobody reads addresses out of the table."""
    key = hashlib.blake2b(settings.SECRET_KEY.encode(), digest_size=32).digest()
    return hashlib.blake2b(network.encode(), digest_size=16, key=key).digest()
