"""Embeds an invoice into a PDF, as a separate program: `facturx` loads 35 MB that the server never needs.

It depends neither on Django nor on the settings. `facturx.py` runs it: JSON on standard input, the PDF on standard
output.
"""

import base64
import json
import sys

import facturx


def embed_xml(*, pdf: str, xml: str, language: str, metadata: dict[str, str]) -> bytes:
    """Return the PDF (Base64) with the invoice attached as `factur-x.xml`, announced in its metadata."""
    embedded: bytes = facturx.generate_from_binary(
        base64.b64decode(pdf),
        xml.encode(),
        flavor="factur-x",
        level="en16931",
        check_xsd=False,
        pdf_metadata=metadata,
        lang=language,
        afrelationship="alternative",
    )
    return embedded


def main() -> None:
    """Embed what standard input has, and write the PDF to standard output."""
    sys.stdout.buffer.write(embed_xml(**json.load(sys.stdin.buffer)))


if __name__ == "__main__":
    main()
