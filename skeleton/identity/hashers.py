"""Argon2id with the parameters that OWASP recommends: 19 MiB, two passes, one lane; about 30 ms a login."""

from django.contrib.auth.hashers import Argon2PasswordHasher


class Argon2Hasher(Argon2PasswordHasher):
    """Django's default takes 100 MiB and eight times as long for every login; enough logins would be an outage."""

    time_cost = 2
    memory_cost = 19 * 1024  # KiB
    parallelism = 1
