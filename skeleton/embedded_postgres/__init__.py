"""The embedded PostgreSQL: a server that starts with its first user and stops with its last.

Three parts, each readable alone:

- `base.py` is the Django backend (`ENGINE = "skeleton.embedded_postgres"`); it asks `client.py` for a server.
- `client.py` holds a shared lock while its process lives, and starts the supervisor when there is none.
- `supervisor.py` is a detached process that keeps one PostgreSQL running while anybody holds that lock.

Nothing here but `base.py` and `check.py` knows Django.
"""
