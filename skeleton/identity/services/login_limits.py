"""Throttling of password guesses, by one mechanism for all places where a password can be entered.

Four limits apply before a password is checked. Failures count; successful attempts are subtracted again.

- `login`: per network and account; for signed-in users, per session.
- `guess_address`: per network, over all accounts and places. Networks that recently used the account are exempt.
- `account`: per account, over all networks. Its delay grows but it never closes, so a stranger can't lock anyone out.
  Anything that signed in to the account before (a network, or a browser with its mark) is counted separately, so it
  doesn't have to wait for strangers.
- `login_address`: all sign-ins of a network, including successful ones.

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
from skeleton.rest.throttles import Limit, LimitSubject, hit_limits, undo_hits

LOGIN_ADDRESS, LOGIN, GUESS_ADDRESS = Limit("login_address"), Limit("login"), Limit("guess_address")
ACCOUNT_LIMIT = Limit("account", has_backoff=True)
"""Always taken in this order, to prevent deadlocks."""


@dataclass(frozen=True, slots=True)
class LoginAttempt:
    """An attempt. `always` counts in any case, `failures` only if it fails."""

    failures: tuple[LimitSubject, ...]
    always: tuple[LimitSubject, ...] = ()

    def count(self) -> None:
        """Count the attempt before the check, so that concurrent attempts all count. Raises TooManyRequests."""
        try:
            hit_limits(*self.always, *self.failures)
        except TooManyRequests as refusal:
            wait = refusal.retry_after or 1
            minutes = math.ceil(wait / 60)
            raise TooManyRequests(
                format_text(_("Too many requests. Try again in {minutes} min."), minutes=minutes), retry_after=wait
            ) from refusal

    def succeeded(self) -> None:
        """Subtract the attempt again, because the password was right."""
        undo_hits(*self.failures)


def login_attempt(*, network: str, account: str, known: bool, mark: str) -> LoginAttempt:
    """Return the attempt to sign in to `account` from `network`. `known`: the account has used this network.

    A `mark` only counts if it belongs to this account.
    """
    marked = mark if mark.startswith(f"{account}|") else ""
    place = marked or network
    apart = f"{account}|{place}" if marked or known else account
    strange = () if marked or known else ((GUESS_ADDRESS, network),)
    failures = ((LOGIN, f"{place}|{account}"), *strange, (ACCOUNT_LIMIT, apart))
    return LoginAttempt(failures, always=((LOGIN_ADDRESS, network),))


def password_change_attempt(actor: Actor, network: str) -> LoginAttempt:
    """Return the attempt of a signed-in user at their own password. The session might be stolen."""
    account = str(actor.user_id)
    session = f"session|{actor.session_id or account}"
    return LoginAttempt(((LOGIN, session), (GUESS_ADDRESS, network), (ACCOUNT_LIMIT, f"{account}|signed in")))


def account_key(user: User | None, email: str) -> str:
    """Return the key by which an account is counted, whether it exists or not."""
    return str(user.pk) if user else email.strip().casefold()


def device_mark(user: User) -> str:
    """Return a new mark for a browser that signed in as `user`. The caller must sign it before sending it."""
    return f"{user.pk}|{uuid4()}"


def network_hash(network: str) -> bytes:
    """Return the hash under which a network is stored, so that the table doesn't reveal addresses."""
    key = hashlib.blake2b(settings.SECRET_KEY.encode(), digest_size=32).digest()
    return hashlib.blake2b(network.encode(), digest_size=16, key=key).digest()
