"""Pages and what was read on them, as one searchable PDF."""

from __future__ import annotations

import itertools
import os
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import IO, Literal

from penstock.errors import NoSpace, OutputError, is_disk_full
from penstock.model import RecognizedPage
from penstock.render import pdfa as pdf_a
from penstock.render.document_objects import DocumentFacts, write_document_objects
from penstock.render.pdf_runs import runs
from penstock.render.pdf_writer import PdfWriter
from penstock.render.pdfa_check import findings_apart
from penstock.render.placement import PageSize
from penstock.render.scripts import written
from penstock.version import __version__

PdfA = Literal["auto"] | bool

MANY_PAGES = 200
"""A document of more is checked for PDF/A in a process of its own, which takes half a second to start."""


@dataclass(frozen=True, slots=True)
class PdfResult:
    """What was written.

    Parameters
    ----------
    pages
        How many.
    is_pdfa
        Whether it is PDF/A-2b, and says so.
    warnings
        What its reader should know, one sentence each.
    """

    pages: int
    is_pdfa: bool = False
    warnings: tuple[str, ...] = ()


def write_searchable_pdf(
    pages: Iterable[RecognizedPage],
    target: Path | IO[bytes],
    *,
    title: str | None = None,
    author: str | None = None,
    language: str | None = None,
    fallback_title: str | None = None,
    pdfa: PdfA = "auto",
    page_size: PageSize = "a4",
    rotate: bool = True,
    tagged: bool = True,
    debug: bool = False,
) -> PdfResult:
    """Write pages as a PDF that shows the pictures, bytes untouched, under a text that can be searched.

    Pages that stand in a PDF stay as they are there, with its bookmarks, forms and metadata. The same pages
    give the same bytes.

    Parameters
    ----------
    pages
        Walked once; each is written before the next is asked for.
    target
        A path (written beside it and renamed: it is whole or it is not there) or a binary file, readable,
        writable and seekable, in which the PDF begins at the first byte.
    title, author
        What the document is called, and by whom it is; a PDF that came in keeps what it says, where None.
    language
        Of the text, a BCP 47 tag; None for what most of its pages were recognised in.
    fallback_title
        What it is called if neither `title` nor a PDF that came in says it.
    pdfa
        "auto" makes it PDF/A-2b where a check finds nothing against it, and else says in the result's
        warnings why it is a plain PDF; True makes that an error; False does not try.
    page_size
        The paper that pages without a believable resolution are fitted into.
    rotate
        Turn pictures whose text mostly runs another way, so that it stands upright.
    tagged
        Mark every line on a picture as a paragraph, for assistive readers.
    debug
        Show where the text stands.

    Raises
    ------
    PictureError
        A picture is gone, damaged, or not the one any more that was read.
    OutputError
        There are no pages; the file cannot be written; or it has to be PDF/A and cannot be.
    """
    made = pdf_a.time_of_making(os.environ.get("SOURCE_DATE_EPOCH"))
    creator = f"penstock {__version__}"
    facts = DocumentFacts(_cleaned(title), _cleaned(author), _cleaned(language), creator, made)
    fallback = _cleaned(fallback_title)
    with _opened(target) as file:
        drawing = _Drawing(facts, fallback, page_size, rotate, tagged, debug)
        return _write(pages, file, drawing, pdfa)


@dataclass(frozen=True, slots=True)
class _Drawing:
    """What is the same for all pages."""

    facts: DocumentFacts
    fallback_title: str | None
    page_size: PageSize
    rotate: bool
    tagged: bool
    debug: bool


def _cleaned(text: str | None) -> str | None:
    return written(text) or None if text else None


@contextmanager
def _opened(target: Path | IO[bytes]) -> Iterator[IO[bytes]]:
    """Give the file to write into; a path is written beside its place and renamed."""
    if not isinstance(target, Path):
        yield target
        return
    beside = target.with_name(f".{target.name}.{os.getpid()}.part")
    try:
        with beside.open("x+b") as file:
            yield file
        beside.replace(target)
    except OSError as error:
        if is_disk_full(error):
            raise NoSpace(f"{target}: the disk is full", "make room and run again") from error
        raise OutputError(f"{target}: cannot be written ({error.strerror})", "check the folder") from error
    finally:
        beside.unlink(missing_ok=True)


def _write(pages: Iterable[RecognizedPage], file: IO[bytes], drawing: _Drawing, pdfa: PdfA) -> PdfResult:
    """Write pictures straight into the file; a document with pages of PDFs is put together from its parts."""
    walk = runs(pages)
    path, reads = next(walk, (None, iter(())))
    pictures = None if path else _write_pictures(reads, file, drawing, pdfa)
    following = next(walk, None) if pictures else (path, reads)
    if pictures and not following:
        return pictures
    from penstock.render.assembly import Assembly
    from penstock.render.pdf_saving import save

    with Assembly(visible=drawing.debug) as assembly:
        if pictures:
            assembly.take_written(file)
        for path, reads in itertools.chain([following] if following else [], walk):
            if path:
                assembly.take_read(path, reads)
            else:
                with assembly.making() as part:
                    _write_pictures(reads, part, drawing, pdfa=False)
        facts, fallback, claim = drawing.facts, drawing.fallback_title, pdfa is not False
        if not assembly.is_one_pdf:
            # What one of several calls itself is no name for all of them.
            facts = replace(facts, title=facts.title or fallback)
        obstacles = save(assembly.whole(), file, facts, fallback, claim=claim)
        # A PDF is read while another is saved from it.
        assembly.check_unchanged()
        notes = (*assembly.notes.sentences(), *_warnings(pdfa, obstacles))
        return PdfResult(assembly.pages, claim and not obstacles, notes)


def _write_pictures(
    pages: Iterable[RecognizedPage], file: IO[bytes], drawing: _Drawing, pdfa: PdfA
) -> PdfResult:
    from penstock.render.page_writer import PageWriter

    writer = PdfWriter(file)
    page_writer = PageWriter(
        writer, drawing.page_size, rotate=drawing.rotate, visible=drawing.debug, tagged=drawing.tagged
    )
    for read in pages:
        page_writer.write(read)
    if not page_writer.numbers:
        raise OutputError("there is no page to write a PDF of", "a document needs one page at least")
    tags = page_writer.finish()
    given = drawing.facts
    facts = replace(
        given,
        title=given.title or drawing.fallback_title,
        language=given.language or page_writer.language,
    )
    obstacles = _print_colours(page_writer.in_print_colours)
    claim = pdfa is not False and not obstacles
    metadata = write_document_objects(
        writer, facts, page_writer.tree, page_writer.numbers, claim=claim, extra=tags
    )
    if claim:
        apart = len(page_writer.numbers) > MANY_PAGES
        obstacles = findings_apart(file) if apart else pdf_a.findings(file)
        if obstacles:
            pdf_a.take_back(file, writer.offset(metadata))
    return PdfResult(len(page_writer.numbers), claim and not obstacles, _warnings(pdfa, obstacles))


def _print_colours(origins: Sequence[str]) -> Sequence[str]:
    if not origins:
        return []
    more = f" and {len(origins) - 1} more" if len(origins) > 1 else ""
    return [f"the colours of {origins[0]}{more} are CMYK"]


def _warnings(pdfa: PdfA, obstacles: Sequence[str]) -> tuple[str, ...]:
    """Say why it is a plain PDF; raise OutputError if it may not be one."""
    if pdfa is False or not obstacles:
        return ()
    shown = "; ".join(obstacles[: pdf_a.SHOWN_FINDINGS])
    more = len(obstacles) - pdf_a.SHOWN_FINDINGS
    why = shown + (f"; and {more} more" if more > 0 else "")
    if pdfa is True:
        raise OutputError(f"cannot be PDF/A-2b: {why}", 'allow a plain PDF with pdfa = "auto"')
    return (f"is a plain PDF, not PDF/A-2b: {why}",)
