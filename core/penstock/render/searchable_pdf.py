"""Pages and what was read on them, as one searchable PDF."""

from __future__ import annotations

import os
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from penstock.model import ReadPage
from penstock.render.glyphless_font import GlyphlessFont
from penstock.render.pdf_writer import PdfWriter, text_string
from penstock.render.placement import PageSize, place
from penstock.render.scan_image import write_picture
from penstock.render.text_layer import lay_out


@dataclass(frozen=True, slots=True)
class PdfResult:
    """What was written.

    Parameters
    ----------
    pages
        How many.
    warnings
        What its reader should know, one sentence each.
    """

    pages: int
    warnings: tuple[str, ...] = ()


def write_searchable_pdf(
    pages: Iterable[ReadPage],
    target: Path | IO[bytes],
    *,
    title: str | None = None,
    author: str | None = None,
    language: str | None = None,
    page_size: PageSize = "a4",
    debug: bool = False,
) -> PdfResult:
    """Write pages as a PDF that shows the pictures, bytes untouched, under a text that can be searched.

    Parameters
    ----------
    pages
        Walked once; each is written before the next is asked for.
    target
        A path (written beside it and renamed: it is whole or it is not there) or a binary file, readable
        and seekable, at its start.
    title, author
        What the document is called, and by whom it is.
    language
        Of the text, a BCP 47 tag.
    page_size
        The paper that pages without a believable resolution are fitted into.
    debug
        Show where the text stands.

    Raises
    ------
    PictureError
        A picture is gone, damaged, or not the one any more that was read.
    OSError
        The file cannot be written.
    """
    if isinstance(target, Path):
        beside = target.with_name(target.name + ".part")
        try:
            with beside.open("w+b") as file:
                result = _write(pages, file, title, author, language, page_size, debug=debug)
                file.flush()
                os.fsync(file.fileno())
            beside.replace(target)
        finally:
            beside.unlink(missing_ok=True)
        return result
    return _write(pages, target, title, author, language, page_size, debug=debug)


def _write(
    pages: Iterable[ReadPage],
    file: IO[bytes],
    title: str | None,
    author: str | None,
    language: str | None,
    page_size: PageSize,
    *,
    debug: bool,
) -> PdfResult:
    from penstock.render.page_drawing import PageDrawing

    writer = PdfWriter(file)
    tree, font_number = writer.reserve(), writer.reserve()
    font = GlyphlessFont(visible=debug)
    drawing = PageDrawing(font, visible=debug)
    numbers = []
    for read in pages:
        placement = place(read.page, fallback=page_size)
        picture = write_picture(read.page, writer)
        content = drawing.page(
            placement.picture(picture.orientation), lay_out(read.recognition.lines, placement)
        )
        content_number = writer.add_stream(b"", content)
        numbers.append(
            writer.add(
                b"<</Type/Page/Parent %d 0 R/MediaBox[0 0 %.2f %.2f]/Contents %d 0 R"
                b"/Resources<</Font<</F %d 0 R>>/XObject<</Im %d 0 R>>>>>>"
                % (tree, placement.width, placement.height, content_number, font_number, picture.number)
            )
        )
    font.write(writer, font_number)
    kids = b" ".join(b"%d 0 R" % number for number in numbers)
    writer.add(b"<</Type/Pages/Count %d/Kids[%b]>>" % (len(numbers), kids), tree)
    root = writer.add(
        b"<</Type/Catalog/Pages %d 0 R%b>>" % (tree, b"/Lang" + text_string(language) if language else b"")
    )
    info = writer.add(
        b"<<%b%b/Producer(penstock)>>"
        % (
            b"/Title" + text_string(title) if title else b"",
            b"/Author" + text_string(author) if author else b"",
        )
    )
    writer.finish(root, info)
    return PdfResult(len(numbers))
