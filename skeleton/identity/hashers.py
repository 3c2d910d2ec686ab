"""Argon2id with the parameters recommended by OWASP: 19 MiB, two passes, one lane; about 30 ms per login."""

from django.contrib.auth.hashers import Argon2PasswordHasher


class Argon2Hasher(Argon2PasswordHasher):
    """Cheaper than Django's default (100 MiB, eight times as slow), with which many logins could cause an outage."""

    time_cost = 2
    memory_cost = 19 * 1024  # KiB
    parallelism = 1
