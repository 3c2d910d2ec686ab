from argparse import ArgumentParser
from collections import Counter
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from billing.choices import InvoiceOrigin
from billing.e_invoices.official import RulesMissingError, require_rules, violations
from billing.e_invoices.profiles import Profile
from billing.e_invoices.rules import check
from billing.e_invoices.writing import write
from billing.models import CreditNote, EInvoice, Invoice
from billing.services.e_invoices import Source, credit_note_source, invoice_source
from skeleton.identity.choices import Language


class Command(BaseCommand):
    help = (
        "Check the e-invoices that were handed out with the official rules of EN 16931, XRechnung, Peppol and "
        "Factur-X. With --profile, check what the sent documents would be as e-invoices."
    )

    refused = 0

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--profile", choices=Profile.values, help="Write all sent documents in this profile.")
        parser.add_argument("--limit", type=int, default=1000, help="The number of documents, newest first.")

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            if options["profile"]:
                self._check_documents(Profile(options["profile"]), options["limit"])
            else:
                self._check_kept(options["limit"])
        except RulesMissingError as missing:
            raise CommandError(str(missing)) from missing
        if self.refused:
            raise CommandError(f"{self.refused} e-invoices would be refused.")

    def _check_kept(self, limit: int) -> None:
        """Check what was handed out. If the rules of a profile are missing, check the others and say so."""
        number = 0
        unchecked: Counter[str] = Counter()
        for kept in EInvoice.objects.select_related("invoice", "credit_note").order_by("-pk")[:limit]:
            try:
                self._report(str(kept.invoice or kept.credit_note), bytes(kept.xml), Profile(kept.profile))
                number += 1
            except RulesMissingError as missing:
                unchecked[str(missing)] += 1
        told = [f"{missed} e-invoices not checked. {why}" for why, missed in unchecked.items()]
        if told and not number:
            raise CommandError(" ".join(told))
        self.stdout.write("\n".join([f"{number} e-invoices checked.", *told]))

    def _check_documents(self, profile: Profile, limit: int) -> None:
        require_rules(profile)
        incomplete: Counter[str] = Counter()
        written = 0
        for source in _sources(limit):
            findings = check(source.document, profile)
            if findings:
                incomplete.update({finding.field for finding in findings})
                continue
            self._report(str(source.document.number), write(source.document, profile), profile)
            written += 1
        self.stdout.write(f"{written} documents checked as {profile.label}.")
        for field, number in incomplete.most_common():
            self.stdout.write(f"{number} documents cannot be one because of {field}.")

    def _report(self, number: str, xml: bytes, profile: Profile) -> None:
        found = violations(xml, profile)
        for violation in found:
            kind = "warning" if violation.is_warning else "refused"
            self.stdout.write(f"{number} ({profile.label}): {kind}: {violation.rule}: {violation.message}")
        self.refused += any(not violation.is_warning for violation in found)


def _sources(limit: int) -> list[Source]:
    """Return the newest sent invoices and credit notes. Imported invoices have no document here."""
    issued = Invoice.objects.filter(sent_at__isnull=False, origin=InvoiceOrigin.CREATED)
    invoices = issued.order_by("-pk").values_list("pk", flat=True)[:limit]
    notes = CreditNote.objects.filter(sent_at__isnull=False).order_by("-pk").values_list("pk", flat=True)[:limit]
    language = Language.ENGLISH.value
    return [
        *(invoice_source(Invoice.objects.all(), pk, language=language) for pk in invoices),
        *(credit_note_source(CreditNote.objects.all(), pk, language=language) for pk in notes),
    ]
