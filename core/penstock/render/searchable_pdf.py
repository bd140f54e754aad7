"""Write pages and their recognitions as one searchable PDF."""

from __future__ import annotations

import functools
import itertools
import logging
import os
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import IO, Literal

from penstock.errors import NoSpace, OutputError, is_disk_full
from penstock.model import MissingPage, RecognizedPage, StrPath
from penstock.pdf.kind import is_pdf
from penstock.render import pdfa as pdf_a
from penstock.render.bookmarks import Bookmark, InputFiles, write_outline
from penstock.render.document_objects import DocumentFacts, write_document_objects
from penstock.render.pdf_writer import PdfWriter
from penstock.render.pdfa_check import obstacles_of
from penstock.render.pdfa_obstacles import IN_CMYK, Obstacle, in_words
from penstock.render.placement import PAPER, PageSize
from penstock.render.scripts import written
from penstock.version import __version__

PdfA = Literal["auto"] | bool


_logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class PdfResult:
    """What `write_searchable_pdf` has written.

    Parameters
    ----------
    pages
        Number of pages.
    is_pdfa
        Whether the PDF claims to be PDF/A-2b.
    warnings
        What its user should know, one sentence each.
    """

    pages: int
    is_pdfa: bool = False
    warnings: tuple[str, ...] = ()


def write_searchable_pdf(
    pages: Iterable[RecognizedPage | MissingPage],
    target: StrPath | IO[bytes],
    *,
    title: str | None = None,
    author: str | None = None,
    language: str | None = None,
    fallback_title: str | None = None,
    pdfa: PdfA = "auto",
    page_size: PageSize = "a4",
    rotate: bool = True,
    tagged: bool = True,
    strip_metadata: bool = False,
    debug: bool = False,
) -> PdfResult:
    """Write pages as a PDF of their pictures with an invisible, searchable text layer.

    Pictures are embedded without recompression where a PDF can hold their format. Pages of existing PDFs are
    kept as they are, with the bookmarks, forms and metadata of their PDF, and only get a text layer. Pages of
    several files get a bookmark for each file, with the bookmarks of a PDF below its own, and none of the
    files' metadata. The same pages always make the same bytes.

    Parameters
    ----------
    pages
        Iterated once; each page is written before the next is requested. Quads are in pixels of the page. A
        missing page becomes a page of the same size as its neighbour, which says what is missing, and why.
    target
        A path, or a readable, writable and seekable binary file in which the PDF begins at the first byte. A
        path gets the complete PDF or is left as it was: the PDF is written beside it and then renamed.
    title, author
        Metadata of the PDF. None keeps those of an existing PDF.
    language
        BCP 47 tag of the text's language. None for the language in which most pages were recognized.
    fallback_title
        Title if neither `title` is given nor an existing PDF has one.
    pdfa
        "auto" makes the PDF a PDF/A-2b if it is known to conform, by its construction or by a check, and else
        explains in the warnings why it is a plain PDF; True raises OutputError in that case; False does not
        try.
    page_size
        Paper that pages without a plausible resolution are fitted into.
    rotate
        Turn pages so that most of their text stands upright.
    tagged
        Mark every line on a picture as a paragraph, for assistive technology (ISO 32000-1, 14.7 and 14.8).
    strip_metadata
        Leave EXIF, XMP and comments out of the pictures' files that are embedded. Pages of existing PDFs keep
        theirs.
    debug
        Paint the text layer instead of hiding it.

    Raises
    ------
    PictureError
        A picture is missing or damaged, or has changed since it was found.
    OutputError
        There are no pages, the file cannot be written, or `pdfa` is True and the PDF cannot be PDF/A.
    """
    made = pdf_a.time_of_making(os.environ.get("SOURCE_DATE_EPOCH"))
    creator = f"penstock {__version__}"
    facts = DocumentFacts(_cleaned(title), _cleaned(author), _cleaned(language), creator, made)
    fallback = _cleaned(fallback_title)
    with _opened(target) as file:
        options = _Options(facts, fallback, page_size, rotate, tagged, strip_metadata, debug)
        return _write(pages, file, options, pdfa)


NOT_RIGHT_TO_LEFT = (
    "the output no longer says, as its input does, that it is read from right to left: its text is not, and "
    "Chrome and Edge would find its words in the wrong order"
)


@dataclass(frozen=True, slots=True)
class _Options:
    """The options that are the same for all pages."""

    facts: DocumentFacts
    fallback_title: str | None
    page_size: PageSize
    rotate: bool
    tagged: bool
    strip_metadata: bool
    debug: bool


def _cleaned(text: str | None) -> str | None:
    return written(text) or None if text else None


@contextmanager
def _opened(target: StrPath | IO[bytes]) -> Iterator[IO[bytes]]:
    """Open the target for writing. A path is written to a temporary file beside it, which is then renamed."""
    if not isinstance(target, str | os.PathLike):
        yield target
        return
    target = target if isinstance(target, Path) else Path(target)
    beside = target.with_name(f".{target.name}.{os.getpid()}.part")
    try:
        with beside.open("x+b") as file:
            yield file
        beside.replace(target)
    except OSError as error:
        if is_disk_full(error):
            raise NoSpace(f"{target}: the disk is full", "free disk space and run again") from error
        raise OutputError(
            f"{target}: cannot be written ({error.strerror})", "check that the folder exists and is writable"
        ) from error
    finally:
        beside.unlink(missing_ok=True)


_Kind = Path | Literal["pictures", "missing"]


def _runs(
    pages: Iterable[RecognizedPage | MissingPage],
) -> Iterator[tuple[_Kind, Iterator[RecognizedPage | MissingPage]]]:
    """Group successive pages of the same PDF, with its path, successive pictures, and missing pages."""
    # Neighbouring pages mostly share a file: remember the last answer instead of opening the file again.
    is_pdf_file = functools.lru_cache(maxsize=1)(is_pdf)

    def kind(page: RecognizedPage | MissingPage) -> _Kind:
        if isinstance(page, MissingPage):
            return "missing"
        path = page.page.picture.path
        return path if is_pdf_file(path) else "pictures"

    return itertools.groupby(pages, kind)


def _write(
    pages: Iterable[RecognizedPage | MissingPage], file: IO[bytes], options: _Options, pdfa: PdfA
) -> PdfResult:
    """Write pictures directly into the file; assemble a document with pages of PDFs from its parts."""
    files = InputFiles()
    runs = _runs(files.watch(pages))
    kind, run = next(runs, ("pictures", iter(())))
    pictures = _write_pictures(run, file, options, pdfa, files) if kind == "pictures" else None
    following = next(runs, None) if pictures else (kind, run)
    if pictures and not following:
        return pictures
    from penstock.render.assembly import Assembly
    from penstock.render.pdf_claims import weaken_claims
    from penstock.render.pdf_facts import remove_right_to_left, set_facts, update_facts
    from penstock.render.pdf_saving import save

    paper = PAPER[options.page_size]
    with _damage_reported(), Assembly(paper, visible=options.debug, rotate=options.rotate) as assembly:
        if pictures:
            assembly.add_file(file)
        for kind, run in itertools.chain([following] if following else [], runs):
            if isinstance(kind, Path):
                assembly.add_pages(kind, _recognized(run))
            elif kind == "missing":
                assembly.add_placeholders([page for page in run if isinstance(page, MissingPage)])
            else:
                with assembly.new_part() as part:
                    _write_pictures(run, part, options, pdfa=False)
        claim, pdf = pdfa is not False, assembly.assembled(files.bookmarks())
        if assembly.is_one_pdf:
            update_facts(pdf, options.facts, options.fallback_title)
            if assembly.notes.changed:
                weaken_claims(pdf)
                if assembly.notes.runs_left_to_right and remove_right_to_left(pdf):
                    assembly.notes.other.append(NOT_RIGHT_TO_LEFT)
        else:
            set_facts(pdf, _completed(options, assembly.language))
        obstacles = save(pdf, file, claim=claim, encryption=pdf.is_encrypted or assembly.encryption)
        # The existing PDFs are read until the new one is saved, so check them only now.
        assembly.check_unchanged()
        warnings = (*assembly.notes.warnings(), *_pdfa_warnings(pdfa, obstacles))
        return PdfResult(assembly.pages, claim and not obstacles, warnings)


@contextmanager
def _damage_reported() -> Iterator[None]:
    """Translate qpdf's error about a damaged object of an input."""
    import pikepdf

    try:
        yield
    except pikepdf.PdfError as error:
        _logger.debug("a part of the PDF is damaged", exc_info=error)
        raise OutputError(
            "a part of the PDF is damaged, so text cannot be added",
            "print or save it as a new PDF, and use that",
        ) from error


def _recognized(run: Iterable[RecognizedPage | MissingPage]) -> Iterator[RecognizedPage]:
    return (page for page in run if isinstance(page, RecognizedPage))


def _completed(options: _Options, language: str | None) -> DocumentFacts:
    """Return the facts of a new PDF, with the given language unless one is set."""
    facts = options.facts
    title = facts.title or options.fallback_title
    return replace(facts, title=title, language=facts.language or language)


def _write_pictures(
    pages: Iterable[RecognizedPage | MissingPage],
    file: IO[bytes],
    options: _Options,
    pdfa: PdfA,
    files: InputFiles | None = None,
) -> PdfResult:
    from penstock.render.page_writer import PageWriter

    writer = PdfWriter(file)
    page_writer = PageWriter(
        writer,
        options.page_size,
        rotate=options.rotate,
        visible=options.debug,
        tagged=options.tagged,
        strip_metadata=options.strip_metadata,
    )
    for recognized in _recognized(pages):
        page_writer.write(recognized)
    if not page_writer.numbers:
        raise OutputError("a PDF needs at least one page, got none", "add pages to the document")
    bookmarks = _bookmarks(files, len(page_writer.numbers))
    entries = page_writer.finish() + write_outline(writer, bookmarks, page_writer.numbers)
    facts = _completed(options, page_writer.language)
    texts = [facts.title, facts.author, facts.language, *(each.title for each in bookmarks)]
    page_writer.construction.add_texts(filter(None, texts))
    obstacles = _cmyk_obstacles(page_writer.in_cmyk)
    claim = pdfa is not False and not obstacles
    metadata = write_document_objects(
        writer, facts, page_writer.tree, page_writer.numbers, claim=claim, extra=entries
    )
    if claim and not page_writer.construction.conforms():
        obstacles = obstacles_of(file, len(page_writer.numbers))
        if obstacles:
            pdf_a.remove_claim(file, writer.offset(metadata))
    return PdfResult(len(page_writer.numbers), claim and not obstacles, _pdfa_warnings(pdfa, obstacles))


def _bookmarks(files: InputFiles | None, pages: int) -> list[Bookmark]:
    # The first page after these pages may have been taken already.
    return [each for each in files.bookmarks() if each.page_index < pages] if files else []


def _cmyk_obstacles(origins: Sequence[str]) -> Sequence[Obstacle]:
    return [Obstacle(IN_CMYK, ", ".join(origins))] if origins else []


def _pdfa_warnings(pdfa: PdfA, obstacles: Sequence[Obstacle]) -> tuple[str, ...]:
    """Return the warning that explains why the PDF is a plain one; raise OutputError if it must be PDF/A."""
    if pdfa is False or not obstacles:
        return ()
    for obstacle in obstacles:
        _logger.debug("obstacle to PDF/A: %s", obstacle.detail or obstacle.words)
    why = in_words(obstacles)
    if pdfa is True:
        raise OutputError(f"cannot be PDF/A-2b: {why}", 'allow a plain PDF with pdfa = "auto"')
    return (f"plain PDF instead of PDF/A-2b: {why}",)
