"""Open PDFs with qpdf and PDFium, detect signatures, and translate the exceptions of both libraries.

qpdf (pikepdf) parses and repairs files; PDFium (pypdfium2) renders pages and extracts text.
"""

from __future__ import annotations

import functools
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
from penstock.pdf.encrypted_attachments import without_encryption
from penstock.pdf.page_tree import missing_pages, remove_loops

PASSWORD_VARIABLE = "PENSTOCK_PDF_PASSWORD"  # noqa: S105  the name of a variable
SIGNATURES_EXIST = 1
"""The bit of ``/SigFlags`` (ISO 32000-1, table 219)."""
MAX_FIELD_DEPTH = 32
"""Levels of form fields that are searched for signatures: damaged PDFs may have loops."""

LETTER = (0.0, 0.0, 612.0, 792.0)
SMALLEST_SIDE, LARGEST_SIDE = 0.1, 1e6
"""Units. A side of a page that is not within these limits is a mistake."""
_PAGE_MISSING = "Pages tree includes non-dictionary object"
"""qpdf's warning about each listed page that does not exist, when it has to rebuild a damaged file."""

_PDFIUM = threading.RLock()
"""PDFium is not thread-safe, not even with a document per thread: this guards every call into it."""


def password() -> str:
    """Return the password for encrypted PDFs from the environment; empty if it is not set.

    It is an environment variable because recognizers open pages in processes of their own.
    """
    return os.environ.get(PASSWORD_VARIABLE, "")


@contextmanager
def open_with_qpdf(path: Path, origin: str) -> Iterator[pikepdf.Pdf]:
    """Open a PDF for access to its objects.

    Raises
    ------
    PictureError
        The PDF is encrypted, or damaged beyond repair.
    """
    with _translated(origin), _unlocked(path) as pdf:
        yield pdf


def opened_with_qpdf(path: Path, origin: str) -> pikepdf.Pdf:
    """Return an open PDF, which is closed when it is not used any more. Raises as `open_with_qpdf` does."""
    with _translated(origin):
        return _unlocked(path)


def _unlocked(path: Path) -> pikepdf.Pdf:
    try:
        return _opened(path)
    except pikepdf.PasswordError:
        raise
    except pikepdf.PdfError:
        repaired = io.BytesIO()
        with _opened(path, repairs_pages=False) as pdf:
            remove_loops(pdf)
            pdf.save(repaired)
        return pikepdf.open(repaired, suppress_warnings=True)


def _opened(path: Path, *, repairs_pages: bool = True) -> pikepdf.Pdf:
    """Open a PDF with its password. With ``repairs_pages = False``, the page tree is left as it is stored."""
    opened = functools.partial(
        pikepdf.open, path, suppress_warnings=True, inherit_page_attributes=repairs_pages
    )
    try:
        return opened()
    except pikepdf.PasswordError:
        try:
            return opened(password=password())
        except pikepdf.PasswordError:
            if (plain := without_encryption(path)) is None:
                raise
    return pikepdf.open(io.BytesIO(plain), suppress_warnings=True, inherit_page_attributes=repairs_pages)


def missing_page_count(path: Path, origin: str) -> int:
    """Return the number of pages that a PDF lists but does not hold.

    Raises
    ------
    PictureError
        The PDF is encrypted, or damaged beyond repair.
    """
    with _translated(origin), _opened(path, repairs_pages=False) as pdf:
        return max(missing_pages(pdf), sum(_PAGE_MISSING in str(warning) for warning in pdf.get_warnings()))


@contextmanager
def open_with_pdfium(path: Path, origin: str) -> Iterator[pypdfium2.PdfDocument]:
    """Open a PDF for rendering, repaired if necessary. Other threads wait until the context ends.

    Raises
    ------
    PictureError
        The file is encrypted, not a PDF, or damaged beyond repair.
    """
    with _PDFIUM, _translated(origin):
        document = _loaded(path, origin)
        try:
            document.init_forms()
            yield document
        finally:
            document.close()


def _loaded(path: Path, origin: str) -> pypdfium2.PdfDocument:
    status = path.stat()
    count = _page_count(path, (status.st_size, status.st_mtime_ns))
    try:
        document = pypdfium2.PdfDocument(path, password=password() or None)
    except pypdfium2.PdfiumError as error:
        if error.err_code == pypdfium2.raw.FPDF_ERR_PASSWORD:
            if plain := without_encryption(path):
                return pypdfium2.PdfDocument(plain)
            raise _encrypted(origin) from error
    else:
        if len(document) == count:
            return document
        # Page indexes must mean the same in both libraries: a page tree may list what is not a page.
        document.close()
    repaired = io.BytesIO()
    with open_with_qpdf(path, origin) as pdf:
        pdf.save(repaired)
    return pypdfium2.PdfDocument(repaired.getvalue())


@functools.lru_cache(maxsize=64)
def _page_count(path: Path, _version: tuple[int, int]) -> int:
    """Return how many pages qpdf finds in a PDF. Its size and modification time are its version."""
    with _unlocked(path) as pdf:
        return len(pdf.pages)


@contextmanager
def opened_page(pdf: pypdfium2.PdfDocument, index: int) -> Iterator[pypdfium2.PdfPage]:
    """Open a page. If its CropBox has no area, its MediaBox is shown; failing that, a page of Letter size.

    Raises
    ------
    pypdfium2.PdfiumError
        There is no such page.
    """
    page = pdf[index]
    for box in (page.get_mediabox(fallback_ok=False), LETTER):
        if _has_area(page.get_bbox()):
            break
        if box is not None:
            # PDFium looks at the boxes only when it loads a page.
            page.set_mediabox(*box)
            page.set_cropbox(*box)
            page.close()
            page = pdf[index]
    try:
        yield page
    finally:
        page.close()


def _has_area(box: tuple[float, float, float, float]) -> bool:
    left, bottom, right, top = box
    sides = (right - left, top - bottom)
    return all(SMALLEST_SIDE <= side <= LARGEST_SIDE for side in sides)


def is_signed(pdf: pikepdf.Pdf) -> bool:
    """Return whether a PDF is signed or certified, so that any change makes the signature invalid."""
    if not _is_empty(pdf.Root.get("/Perms")):
        return True  # a certificate, or a signature that grants rights of use (ISO 32000-1, 12.8.4)
    form = pdf.Root.get("/AcroForm")
    if not isinstance(form, pikepdf.Dictionary):
        return False
    if any(_holds_signature(field) for field in _listed(form.get("/Fields"))):
        return True
    flags = form.get("/SigFlags", 0)
    if not (isinstance(flags, int) and flags & SIGNATURES_EXIST):
        return False
    # The flag says that there is a signature. Its field may be missing from the form's list of fields.
    return any(_holds_signature(note) for page in pdf.pages for note in _listed(page.obj.get("/Annots")))


def _holds_signature(field: pikepdf.Object, kind: object = None, depth: int = MAX_FIELD_DEPTH) -> bool:
    """Return whether a form field, or a field below it, holds a signature. Fields inherit their kind."""
    if not isinstance(field, pikepdf.Dictionary):
        return False
    kind = field.get("/FT", kind)
    if kind == pikepdf.Name.Sig and not _is_empty(field.get("/V")):
        return True
    return depth > 0 and any(_holds_signature(kid, kind, depth - 1) for kid in _listed(field.get("/Kids")))


def _is_empty(value: object) -> bool:
    return not (isinstance(value, pikepdf.Dictionary) and value.keys())


def _listed(value: object) -> list[pikepdf.Object]:
    return list(value) if isinstance(value, pikepdf.Array) else []


def _encrypted(origin: str) -> PictureError:
    if password():
        return PictureError(
            f"{origin}: the PDF is encrypted, and the password in {PASSWORD_VARIABLE} does not open it",
            f"set {PASSWORD_VARIABLE} to its password",
        )
    return PictureError(
        f"{origin}: the PDF is encrypted", f"set the environment variable {PASSWORD_VARIABLE} to its password"
    )


@contextmanager
def _translated(origin: str) -> Iterator[None]:
    """Translate the exceptions of both libraries into a PictureError with a hint."""
    try:
        yield
    except pikepdf.PasswordError as error:
        raise _encrypted(origin) from error
    except (pikepdf.PdfError, pypdfium2.PdfiumError) as error:
        raise PictureError(
            f"{origin}: the PDF is damaged beyond repair", "copy it again from its source"
        ) from error
    except MemoryError as error:
        raise PictureError(
            f"{origin}: does not fit into memory", "split the PDF into smaller ones"
        ) from error
