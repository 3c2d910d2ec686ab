"""Base class of commands that write a state machine's diagram to its document."""

from typing import ClassVar

from django.conf import settings
from django.core.management.base import BaseCommand

from skeleton.kernel.diagrams import GeneratedSection


class UpdateDocumentCommand(BaseCommand):
    document: ClassVar[str]
    section: ClassVar[GeneratedSection]

    def handle(self, *args: object, **options: object) -> None:
        document = settings.BASE_DIR / "docs" / self.document
        document.write_text(self.section.insert_into(document.read_text()))
        self.stdout.write(f"{document} is up to date.")
