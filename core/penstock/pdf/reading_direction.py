"""Extract the text of pages whose PDF says that it is read from right to left, although the page is not."""

from __future__ import annotations

import ctypes
import unicodedata
from collections.abc import Iterator
from contextlib import contextmanager

import pypdfium2
from pypdfium2 import raw

RIGHT_TO_LEFT = frozenset({"R", "AL"})
"""Bidirectional classes of letters that are written from right to left."""


@contextmanager
def text_in_reading_order(page: pypdfium2.PdfPage, index: int) -> Iterator[pypdfium2.PdfTextPage]:
    """Provide the text of the page with this index in its PDF.

    PDFium orders the text of all pages by the document's /Direction (ISO 32000-1, table 150), which many
    programs set to R2L for documents in other scripts. A page without letters of such a script is copied into
    a document that has no direction.
    """
    text = page.get_textpage()
    try:
        if _reads_right_to_left(page.pdf) and not _has_right_to_left_letters(text):
            with _text_of_copy(page.pdf, index) as copy:
                yield copy
        else:
            yield text
    finally:
        text.close()


def _reads_right_to_left(pdf: pypdfium2.PdfDocument) -> bool:
    name = ctypes.create_string_buffer(8)
    raw.FPDF_VIEWERREF_GetName(pdf, b"Direction", name, len(name))
    return name.value == b"R2L"


def _has_right_to_left_letters(text: pypdfium2.PdfTextPage) -> bool:
    codes = (raw.FPDFText_GetUnicode(text, index) for index in range(text.count_chars()))
    return any(unicodedata.bidirectional(chr(code)) in RIGHT_TO_LEFT for code in codes if code <= 0x10FFFF)


@contextmanager
def _text_of_copy(pdf: pypdfium2.PdfDocument, index: int) -> Iterator[pypdfium2.PdfTextPage]:
    copied = pypdfium2.PdfDocument.new()
    try:
        copied.import_pages(pdf, [index])
        yield copied[0].get_textpage()
    finally:
        copied.close()
