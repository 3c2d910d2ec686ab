"""The kinds of electronic invoices that can be made: a syntax with the rules of its receivers."""

from enum import StrEnum
from typing import Final

from django.db.models import TextChoices

_PEPPOL_BILLING: Final = "urn:fdc:peppol.eu:2017:poacc:billing:01:1.0"
_XRECHNUNG: Final = "urn:cen.eu:en16931:2017#compliant#urn:xeinkauf.de:kosit:xrechnung_3.0"


class Syntax(StrEnum):
    """The two syntaxes of EN 16931."""

    UBL = "ubl"
    CII = "cii"


class Profile(TextChoices):
    """A kind of electronic invoice, as it is called in the API."""

    XRECHNUNG_UBL = "xrechnung-ubl", "XRechnung (UBL)"
    """XRechnung 3.0 in UBL, for German authorities."""
    XRECHNUNG_CII = "xrechnung-cii", "XRechnung (CII)"
    """XRechnung 3.0 in CII."""
    PEPPOL = "peppol", "Peppol BIS 3"
    """Peppol BIS Billing 3.0, for the Peppol network. Always UBL."""
    FACTURX = "facturx", "Factur-X (ZUGFeRD)"
    """Factur-X and ZUGFeRD in their profile EN 16931: CII that is embedded into the PDF."""

    @property
    def syntax(self) -> Syntax:
        return Syntax.UBL if self in (Profile.XRECHNUNG_UBL, Profile.PEPPOL) else Syntax.CII

    @property
    def specification(self) -> str:
        """Return the specification identifier (BT-24)."""
        return _SPECIFICATIONS[self]

    @property
    def business_process(self) -> str | None:
        """Return the business process type (BT-23)."""
        return None if self == Profile.FACTURX else _PEPPOL_BILLING

    @property
    def is_xrechnung(self) -> bool:
        return self in (Profile.XRECHNUNG_UBL, Profile.XRECHNUNG_CII)


_SPECIFICATIONS: Final = {
    Profile.XRECHNUNG_UBL: _XRECHNUNG,
    Profile.XRECHNUNG_CII: _XRECHNUNG,
    Profile.PEPPOL: "urn:cen.eu:en16931:2017#compliant#urn:fdc:peppol.eu:2017:poacc:billing:3.0",
    Profile.FACTURX: "urn:cen.eu:en16931:2017",
}
