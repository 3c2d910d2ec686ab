"""Access and refresh tokens, created and parsed with simplejwt. Only the ids in their claims are trusted."""

import hashlib
import time
from collections import OrderedDict
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from uuid import UUID

from rest_framework_simplejwt.exceptions import TokenError
from rest_framework_simplejwt.tokens import AccessToken, RefreshToken, Token

from skeleton.kernel.errors import Unauthorized
from skeleton.kernel.ids import parse_uuid

USER_CLAIM, SESSION_CLAIM = "sub", "sid"


@dataclass(frozen=True, slots=True)
class Claims:
    """The claims of a valid token."""

    user_id: UUID
    session_id: UUID
    token_hash: bytes


@dataclass(frozen=True, slots=True)
class TokenPair:
    """A new access token, valid for `expires_in` seconds, and the refresh token for the next pair."""

    access: str
    refresh: str
    refresh_hash: bytes
    expires_in: int


def new_pair(user_id: UUID, session_id: UUID) -> TokenPair:
    """Return two new tokens for a session."""
    access, refresh = AccessToken(), RefreshToken()
    for token in (access, refresh):
        token[USER_CLAIM] = str(user_id)
        token[SESSION_CLAIM] = str(session_id)
    return TokenPair(str(access), str(refresh), _hash(refresh["jti"]), int(lifetime(AccessToken).total_seconds()))


_verified: OrderedDict[bytes, tuple[Claims, float]] = OrderedDict()
_VERIFIED_MAX = 4096


def read_access(text: str) -> Claims:
    """Return the claims of an access token. Raises Unauthorized if it isn't a valid one of this installation.

    Verified tokens are cached by digest until they expire, because verifying a signature takes a quarter of the time of
    a small request. Whether the session is still active is checked every time.
    """
    digest = hashlib.blake2b(text.encode(), digest_size=32).digest()
    known = _verified.get(digest)
    if known and known[1] > time.time():
        return known[0]
    claims, expires = _read(AccessToken, text)
    _verified[digest] = (claims, expires)
    if len(_verified) > _VERIFIED_MAX:
        _verified.popitem(last=False)
    return claims


def read_refresh(text: str) -> Claims:
    """Return the claims of a refresh token. Raises Unauthorized if it isn't a valid one of this installation."""
    return _read(RefreshToken, text)[0]


def lifetime(kind: type[Token]) -> timedelta:
    found = kind.lifetime
    if found is None:
        raise TypeError(f"{kind.__name__} has no lifetime")
    return found


def _read(kind: type[Token], text: str) -> tuple[Claims, float]:
    try:
        token: Any = kind(text)  # type: ignore[arg-type]
        user_id = parse_uuid(token.get(USER_CLAIM))
        session_id = parse_uuid(token.get(SESSION_CLAIM))
        jti, expires = token.get("jti"), float(token["exp"])
    except (TokenError, KeyError, ValueError, TypeError, OverflowError, AttributeError) as exc:
        # not only TokenError: an absurd claim in a signed token (an `exp` of 10^400) crashes simplejwt
        raise Unauthorized("The token is not valid, or it has expired.") from exc
    if user_id is None or session_id is None or not isinstance(jti, str):
        raise Unauthorized("The token is not valid.")
    return Claims(user_id, session_id, _hash(jti)), expires


def _hash(jti: str) -> bytes:
    return hashlib.sha256(jti.encode()).digest()
