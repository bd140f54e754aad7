"""PDFs opened: passwords, damage and signatures, and what the two libraries raise, said in our words.

qpdf (pikepdf) says what a file is and repairs it; PDFium (pypdfium2) shows pages and finds text. PDFium bears
one thread at a time in a process.
"""

from __future__ import annotations

import io
import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pikepdf
import pypdfium2
import pypdfium2.raw

from penstock.errors import PictureError

PASSWORD_VARIABLE = "PENSTOCK_PDF_PASSWORD"  # noqa: S105  the name of a variable
SIGNATURES_EXIST = 1
"""The bit of ``/SigFlags`` (ISO 32000-1, table 219)."""

_ONE_AT_A_TIME = threading.RLock()


def password() -> str:
    """The password for PDFs that want one, from the environment; empty if there is none.

    The environment, since the processes that recognizers start open pages by themselves.
    """
    return os.environ.get(PASSWORD_VARIABLE, "")


@contextmanager
def structure(path: Path, origin: str) -> Iterator[pikepdf.Pdf]:
    """A PDF's objects. Raises PictureError if there is no getting at them."""
    with _translated(origin), _unlocked(path) as pdf:
        yield pdf


def _unlocked(path: Path) -> pikepdf.Pdf:
    try:
        return pikepdf.open(path, suppress_warnings=True)
    except pikepdf.PasswordError:
        if not password():
            raise
        return pikepdf.open(path, password=password(), suppress_warnings=True)


@contextmanager
def shown(path: Path, origin: str) -> Iterator[pypdfium2.PdfDocument]:
    """A PDF as PDFium shows it, repaired if it has to be; nobody else uses PDFium meanwhile.

    Raises
    ------
    PictureError
        It is encrypted, no PDF, or damaged beyond repair.
    """
    with _ONE_AT_A_TIME, _translated(origin):
        document = _loaded(path, origin)
        try:
            document.init_forms()
            yield document
        finally:
            document.close()


def _loaded(path: Path, origin: str) -> pypdfium2.PdfDocument:
    try:
        return pypdfium2.PdfDocument(path, password=password() or None)
    except pypdfium2.PdfiumError as error:
        if error.err_code == pypdfium2.raw.FPDF_ERR_PASSWORD:
            raise _encrypted(origin) from error
    repaired = io.BytesIO()
    with structure(path, origin) as pdf:
        pdf.save(repaired)
    return pypdfium2.PdfDocument(repaired.getvalue())


def is_signed(pdf: pikepdf.Pdf) -> bool:
    """Whether somebody signed it: any change makes the signature invalid."""
    form = pdf.Root.get("/AcroForm")
    if not isinstance(form, pikepdf.Dictionary):
        return False
    flags = form.get("/SigFlags", 0)
    if not (isinstance(flags, int) and flags & SIGNATURES_EXIST):
        return False
    fields = form.get("/Fields", ())
    return any(_is_signature(field) for field in fields) if isinstance(fields, pikepdf.Array) else True


def _is_signature(field: pikepdf.Object, depth: int = 8) -> bool:
    """A field that holds a signature, or has a field below it that does."""
    if not isinstance(field, pikepdf.Dictionary):
        return False
    if field.get("/FT") == pikepdf.Name.Sig and "/V" in field:
        return True
    kids = field.get("/Kids", ())
    return depth > 0 and any(_is_signature(kid, depth - 1) for kid in kids)


def _encrypted(origin: str) -> PictureError:
    if password():
        return PictureError(
            f"{origin}: the PDF is encrypted, and the password in {PASSWORD_VARIABLE} does not open it",
            "set the one that does",
        )
    return PictureError(
        f"{origin}: the PDF is encrypted", f"set {PASSWORD_VARIABLE} to its password in the environment"
    )


@contextmanager
def _translated(origin: str) -> Iterator[None]:
    """Turn what the two libraries raise into a PictureError that says what to do."""
    try:
        yield
    except pikepdf.PasswordError as error:
        raise _encrypted(origin) from error
    except (pikepdf.PdfError, pypdfium2.PdfiumError) as error:
        raise PictureError(
            f"{origin}: the PDF is damaged beyond repair", "copy it again from where it came from"
        ) from error
    except MemoryError as error:
        raise PictureError(f"{origin}: does not fit into memory", "cut the PDF into smaller ones") from error


__all__ = ["PASSWORD_VARIABLE", "is_signed", "password", "shown", "structure"]
