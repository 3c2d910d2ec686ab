from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from skeleton.identity.services.bootstrap import ensure_first_administrator
from skeleton.kernel.errors import DomainError


class Command(BaseCommand):
    help = (
        "Create the first administrator if there is none, from SKELETON_ADMIN_EMAIL and SKELETON_ADMIN_PASSWORD or,"
        " in zero-configuration mode, as documented in the API reference."
    )

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            email = ensure_first_administrator(zero_configuration=settings.ZERO_CONFIGURATION)
        except DomainError as refusal:
            details = "; ".join(f"{name}: {text}" for name, text in (refusal.details or {}).items())
            raise CommandError(details or refusal.message) from refusal
        self.stdout.write(f"Administrator: {email} made." if email else "Administrator: present.")
