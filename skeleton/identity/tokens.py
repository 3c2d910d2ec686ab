"""The two kinds of token, made and read with simplejwt. Of what they claim only the ids are believed."""

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
    """What a token that we signed says."""

    user_id: UUID
    session_id: UUID
    token_hash: bytes


@dataclass(frozen=True, slots=True)
class TokenPair:
    """A fresh access token and the refresh token that will get the next; `expires_in` seconds for the former."""

    access: str
    refresh: str
    refresh_hash: bytes
    expires_in: int


def new_pair(user_id: UUID, session_id: UUID) -> TokenPair:
    """Two new tokens for a session."""
    access, refresh = AccessToken(), RefreshToken()
    for token in (access, refresh):
        token[USER_CLAIM] = str(user_id)
        token[SESSION_CLAIM] = str(session_id)
    return TokenPair(str(access), str(refresh), _hash(refresh["jti"]), int(lifetime(AccessToken).total_seconds()))


_verified: OrderedDict[bytes, tuple[Claims, float]] = OrderedDict()
_VERIFIED_MAX = 4096


def read_access(text: str) -> Claims:
    """Raises Unauthorized for anything that is not a valid access token of ours.

    A signature does not change, so a token that was found good is known by its digest until it expires: checking it
    again would be a quarter of the time of a small request. Whether its session still lives is asked every time.
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
    """Raises Unauthorized for anything that is not a valid refresh token of ours."""
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
        # beyond TokenError: a signed but absurd claim (an `exp` of 10^400) makes simplejwt stumble
        raise Unauthorized("The token is not valid, or it has expired.") from exc
    if user_id is None or session_id is None or not isinstance(jti, str):
        raise Unauthorized("The token is not valid.")
    return Claims(user_id, session_id, _hash(jti)), expires


def _hash(jti: str) -> bytes:
    return hashlib.sha256(jti.encode()).digest()
