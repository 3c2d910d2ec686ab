"""An embedded PostgreSQL server that starts with its first client and stops with its last.

It has three parts:

- `base.py` is the Django backend (`ENGINE = "skeleton.embedded_postgres"`). It gets the server's address from
  `client.py`.
- `client.py` holds a shared lock for the life of its process, and starts the supervisor if none is running.
- `supervisor.py` is a detached process that keeps one PostgreSQL running while any process holds that lock.

Only `base.py` and `check.py` depend on Django.
"""
