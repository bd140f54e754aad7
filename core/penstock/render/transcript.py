"""Write a transcript to print: a PDF with the picture of each page and its text beside or below it."""

from __future__ import annotations

import tempfile
from collections.abc import Iterable
from pathlib import Path
from typing import IO

from penstock.errors import OutputError
from penstock.model import MissingPage, RecognizedPage
from penstock.render.bookmarks import InputFiles
from penstock.render.document_objects import DocumentFacts
from penstock.render.placement import PAPER, PageSize
from penstock.render.transcript_sheets import Mark, join_groups
from penstock.render.transcript_writer import Layout, TranscriptWriter
from penstock.render.typefaces import named_scripts
from penstock.version import __version__


def write_transcript(
    pages: Iterable[RecognizedPage | MissingPage],
    target: IO[bytes],
    *,
    title: str,
    title_page: bool = False,
    layout: Layout = "beside",
    page_size: PageSize = "a4",
) -> str:
    """Write a PDF with the picture of each page and its text, and return the scripts that no font has.

    Beside its picture, each row of text stands at the height of its ink as far as there is room. Every fifth
    line is numbered, in the text and on the picture. A text that needs more than one sheet has its picture
    on each of them (beside), or on the first one (below). Doubtful words are red and underlined.

    Parameters
    ----------
    pages
        Iterated once. A missing page is a sheet which says why it is missing.
    target
        A binary file.
    layout
        "beside" writes landscape sheets with the picture on the left; "below" writes upright sheets with the
        picture above the text.

    Returns
    -------
    str
        Scripts of the characters that no installed font has, such as "CJK, Thai"; empty if there are none.

    Raises
    ------
    PictureError
        A picture is missing or damaged, or has changed since it was found.
    OutputError
        There are no pages.
    """
    with tempfile.TemporaryDirectory(prefix="penstock-transcript-") as folder:
        writer = TranscriptWriter(Path(folder), title, layout, PAPER[page_size])
        files = InputFiles()
        language = None
        if title_page:
            writer.add_title()
        for page in files.watch(pages):
            if isinstance(page, RecognizedPage):
                language = language or page.recognition.language
                writer.add(page)
            else:
                writer.add_missing(page)
        if not writer.marks:
            raise OutputError("a transcript needs at least one page, got none", "add pages to the document")
        marks = _nested(writer.marks, [(each.title, each.page_index) for each in files.bookmarks()])
        facts = DocumentFacts(title, None, language, f"penstock {__version__}", None)
        join_groups(writer.end(), target, marks, facts)
    return named_scripts(writer.fonts.missing)


def _nested(pages: list[Mark], files: list[tuple[str, int]]) -> list[Mark]:
    """Return the pages' bookmarks, below those of their files if there are several files."""
    if not files:
        return pages
    ends = [*(start for _, start in files[1:]), len(pages)]
    return [
        Mark(title, pages[start].sheet, tuple(pages[start:end]))
        for (title, start), end in zip(files, ends, strict=True)
    ]
