"""The database: the embedded PostgreSQL, or the one in DATABASE_URL."""

from typing import Any

from skeleton.embedded_postgres.config import embedded_database
from skeleton.settings.environment import DATABASE_URL, SKELETON_DATA_DIR, env, fail, reading

with reading():
    SKELETON_LOCK_SECONDS = env.int("SKELETON_LOCK_SECONDS", 3)
    _fast_tests = env.bool("SKELETON_TEST_FAST_DB", False)
    _pool = env.int("SKELETON_DATABASE_POOL", 0)

_SESSION = (
    f"-c timezone=UTC -c lock_timeout={SKELETON_LOCK_SECONDS}s -c statement_timeout=60s"
    " -c idle_in_transaction_session_timeout=60s"
    " -c client_connection_check_interval=5s"  # cancels statements of disconnected clients, to free their locks
)


def _database() -> dict[str, Any]:
    if not DATABASE_URL:
        return embedded_database(SKELETON_DATA_DIR, durable=not _fast_tests)
    try:
        database: dict[str, Any] = env.dj_db_url("DATABASE_URL")
    except Exception as error:
        raise fail("DATABASE_URL is not a database URL (postgresql://user:password@host:port/name).") from error
    if "postgresql" not in database.get("ENGINE", ""):
        raise fail("DATABASE_URL must name a PostgreSQL (postgresql://…).")
    return database


DATABASES = {"default": _database()}
DATABASES["default"]["OPTIONS"] = {
    **DATABASES["default"].get("OPTIONS", {}),
    "connect_timeout": 5,
    # Over TCP: a server that disappeared silently is detected within 10 seconds.
    "keepalives_idle": 30,
    "keepalives_interval": 5,
    "keepalives_count": 3,
    "tcp_user_timeout": 10_000,
    "options": _SESSION,
    "server_side_binding": True,
    "prepare_threshold": 5,
    # A pool allows more threads than connections. Without it, each thread keeps a connection, which is cheaper.
    **({"pool": {"max_size": _pool, "timeout": 2, "reconnect_timeout": 5}} if _pool else {}),
}
DATABASES["default"]["CONN_MAX_AGE"] = 0 if _pool else None
DATABASES["default"]["CONN_HEALTH_CHECKS"] = bool(_pool)  # without a pool, `db.connections` checks idle ones
DATABASES["default"]["ATOMIC_REQUESTS"] = False  # audited transactions are used instead
DATABASES["default"]["DISABLE_SERVER_SIDE_CURSORS"] = False
