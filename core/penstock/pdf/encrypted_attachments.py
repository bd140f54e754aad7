"""Read PDFs of which only the attachments are encrypted: their pages need no password.

The entries are those of ISO 32000-1, 7.6.5, and ISO 32000-2, table 20. qpdf and PDFium ask for the password
of every encrypted PDF.
"""

from __future__ import annotations

import io
import re
from pathlib import Path

import pikepdf
from pikepdf import Dictionary, Name

ENTRY = Name("/Encrypx")
"""Name under which the trailer has its entry /Encrypt, so that the libraries do not find it."""
WITH_FILTERS = frozenset({4, 5})
"""Versions of encryption that can leave parts of a PDF as they are."""


def without_encryption(path: Path) -> bytes | None:
    """Return a PDF that says under `ENTRY` that it is encrypted; None if not only its attachments are."""
    plain = re.sub(rb"/Encrypt(?![A-Za-z])", bytes(ENTRY), path.read_bytes())
    try:
        with pikepdf.open(io.BytesIO(plain), suppress_warnings=True) as pdf:
            return plain if _encrypts_only_attachments(pdf.trailer.get(ENTRY)) else None
    except pikepdf.PdfError:
        return None


def _encrypts_only_attachments(entry: object) -> bool:
    if not isinstance(entry, Dictionary) or entry.get("/V") not in WITH_FILTERS:
        return False
    return all(_does_nothing(entry, entry.get(use, Name.Identity)) for use in ("/StmF", "/StrF"))


def _does_nothing(entry: Dictionary, name: object) -> bool:
    """Return whether the crypt filter of this name leaves data as they are."""
    if name == Name.Identity:
        return True
    filters = entry.get("/CF")
    found = filters.get(str(name)) if isinstance(filters, Dictionary) else None
    return isinstance(found, Dictionary) and found.get("/CFM", Name("/None")) == Name("/None")


def remove_encrypted_attachments(pdf: pikepdf.Pdf) -> bool:
    """Remove the attachments of a PDF from `without_encryption`. Return False for any other PDF.

    Without the entry of the trailer, even the password could not decrypt them any more.
    """
    if ENTRY not in pdf.trailer:
        return False
    del pdf.trailer[ENTRY]
    names = pdf.Root.get("/Names")
    for holder, key in ((names, "/EmbeddedFiles"), (pdf.Root, "/AF"), (pdf.Root, "/Collection")):
        if isinstance(holder, Dictionary) and key in holder:
            del holder[key]
    for each in pdf.objects:
        if isinstance(each, Dictionary) and "/EF" in each:
            del each["/EF"]
    return True
