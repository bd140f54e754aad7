"""Find and remove the claims of a PDF's XMP metadata to conform to a standard."""

from __future__ import annotations

from collections.abc import Callable

import pikepdf
from pikepdf import Name

PART, CONFORMANCE = "pdfaid:part", "pdfaid:conformance"
PDFA = "{http://www.aiim.org/pdfa/ns/id/}"
OTHERS = (
    "{http://www.aiim.org/pdfua/ns/id/}",
    "{http://www.npes.org/pdfx/ns/id/}",
    "{http://www.npes.org/pdfvt/ns/id/}",
    "{http://www.aiim.org/pdfe/ns/id/}",
    "{http://pdfa.org/declarations/}",
    "{http://ns.adobe.com/pdfx/1.3/}GTS_PDFX",
)
"""Beginnings of the names of the claims of PDF/UA, PDF/X, PDF/VT, PDF/E and of PDF Declarations."""
PDFX_IN_INFO = ("/GTS_PDFXVersion", "/GTS_PDFXConformance")


def claimed_flavour(pdf: pikepdf.Pdf) -> str | None:
    """Return the flavour to check a PDF's claim of PDF/A against, such as "2b"; None without a claim.

    Level b is checked whatever level the PDF claims.
    """
    if Name.Metadata not in pdf.Root:
        return None
    part = str(pdf.open_metadata().get(PART, ""))
    return f"{part}b" if part in ("1", "2", "3") else None


def claims_another_standard(pdf: pikepdf.Pdf) -> bool:
    """Return whether a PDF claims a standard other than PDF/A, such as PDF/UA."""
    return Name.Metadata in pdf.Root and any(name.startswith(OTHERS) for name in pdf.open_metadata())


def remove_pdfa_claim(pdf: pikepdf.Pdf) -> None:
    """Remove the claim of PDF/A, of any part and level."""
    _remove(pdf, lambda name: name.startswith(PDFA))


def weaken_claims(pdf: pikepdf.Pdf) -> None:
    """Remove the claims that untagged text makes untrue, and those that are not checked.

    PDF/UA and level A of PDF/A require that all text is tagged, so level A becomes level B.
    """
    _remove(pdf, lambda name: name.startswith(OTHERS))
    for key in PDFX_IN_INFO:
        if key in pdf.trailer.get("/Info", ()):
            del pdf.docinfo[key]
    if claimed_flavour(pdf) and str(pdf.open_metadata().get(CONFORMANCE, "")).upper() == "A":
        with pdf.open_metadata(set_pikepdf_as_editor=False, update_docinfo=False) as metadata:
            metadata[CONFORMANCE] = "B"


def _remove(pdf: pikepdf.Pdf, unwanted: Callable[[str], bool]) -> None:
    if Name.Metadata not in pdf.Root:
        return
    names = [name for name in pdf.open_metadata() if unwanted(name)]
    if names:
        with pdf.open_metadata(set_pikepdf_as_editor=False, update_docinfo=False) as metadata:
            for name in names:
                del metadata[name]
