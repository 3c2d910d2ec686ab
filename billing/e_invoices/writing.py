"""Writes documents as XML, in the syntax of a profile."""

from billing.e_invoices.cii import write_cii
from billing.e_invoices.document import Document
from billing.e_invoices.profiles import Profile, Syntax
from billing.e_invoices.ubl import write_ubl


def write(document: Document, profile: Profile) -> bytes:
    """Return the document as XML, encoded as UTF-8. Nothing is checked."""
    return write_ubl(document, profile) if profile.syntax == Syntax.UBL else write_cii(document, profile)
