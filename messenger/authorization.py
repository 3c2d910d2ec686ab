"""Checks stream authorizations: a valid session, an active account, and the permission to read."""

from collections.abc import Collection

from messenger.services.tickets import StreamAuthorization
from skeleton.db.fetching import fetch

READ = ["messenger:read", "messenger:*", "*:*"]

_MAY = """
    u.is_active AND EXISTS (
        SELECT FROM identity_user_role held JOIN identity_role r ON r.id = held.role_id
        WHERE held.user_id = u.id AND r.permissions && %s::varchar[]
    )
"""

_BY_SESSION = f"""
    SELECT s.user_id, s.id FROM identity_session s JOIN identity_user u ON u.id = s.user_id
    WHERE s.id = ANY(%s) AND s.revoked_at IS NULL AND s.expires_at > now() AND {_MAY}
"""  # noqa: S608 (constants only)

_BY_WEB_SESSION = f"""
    SELECT u.id, NULL, w.session_key, claimed.password
    FROM unnest(%s::uuid[], %s::text[], %s::text[]) AS claimed (user_id, session_key, password)
    JOIN django_session w ON w.session_key = claimed.session_key AND w.expire_date > now()
    JOIN identity_user u ON u.id = claimed.user_id AND md5(u.password) = claimed.password
    WHERE {_MAY}
"""  # noqa: S608


def valid_authorizations(authorizations: Collection[StreamAuthorization]) -> set[StreamAuthorization]:
    """Return those of `authorizations` that are still valid."""
    found: set[StreamAuthorization] = set()
    sessions = [one.session_id for one in authorizations if one.session_id]
    if sessions:
        found |= {StreamAuthorization(*row) for row in fetch(_BY_SESSION, [sessions, READ])}
    web = [one for one in authorizations if one.web_session]
    if web:
        columns = zip(*((one.user_id, one.web_session, one.web_password) for one in web), strict=True)
        found |= {StreamAuthorization(*row) for row in fetch(_BY_WEB_SESSION, [*map(list, columns), READ])}
    return found
