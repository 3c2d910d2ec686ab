"""Embeds a CII invoice into our PDF/A-3, which makes it a Factur-X or ZUGFeRD document."""

import base64
import subprocess
import sys
from pathlib import Path

import orjson

from billing.documents.words import CREDIT_NOTE_LABELS, LABELS
from billing.e_invoices.document import Document

_PROGRAM = Path(__file__).parent / "facturx_program.py"
_TIMEOUT = 60  # seconds


def embed(pdf: bytes, xml: bytes, document: Document, *, language: str) -> bytes:
    """Return the PDF of `document` with its XML inside, as `factur-x.xml`. The pages stay as they are."""
    kind = CREDIT_NOTE_LABELS[language]["credit_note"] if document.is_credit_note else LABELS[language]["invoice"]
    title = f"{kind} {document.number}"
    author = document.seller.name or ""
    metadata = {"author": author, "title": title, "subject": f"{title}, {author}", "keywords": f"{kind}, Factur-X"}
    job = {"pdf": base64.b64encode(pdf).decode(), "xml": xml.decode(), "language": language, "metadata": metadata}
    command = [sys.executable, "-I", str(_PROGRAM)]
    done = subprocess.run(command, input=orjson.dumps(job), capture_output=True, timeout=_TIMEOUT, check=False)  # noqa: S603
    if done.returncode:
        raise RuntimeError(f"the invoice could not be embedded: {done.stderr.decode(errors='replace')[-2000:]}")
    return done.stdout
