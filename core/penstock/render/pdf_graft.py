"""Text laid under the pages of a PDF that is there already: its own objects stay as they are.

The layer is a form that is drawn before the page's own content, where nothing that the page does to the
graphics state can reach it; invisible text is found there as well as above. (One that is to be seen goes on
top.)
"""

from __future__ import annotations

import copy
import itertools
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

import pikepdf
import pypdfium2
from pikepdf import Array, Dictionary, Name, Stream

from penstock.errors import PictureError
from penstock.images import check_unchanged
from penstock.model import Line, RecognizedPage
from penstock.pdf.opening import open_with_pdfium
from penstock.pdf.page_box import PageBox
from penstock.pdf.pages import BATCH_SIZE, page_box_of
from penstock.pdf.words import OWN_TEXT, PrintedWord, printed_words
from penstock.render.graft_notes import GraftNotes
from penstock.render.invisible_text import take_out_invisible_text
from penstock.render.layer_writer import LayerWriter
from penstock.render.missing_words import missing_lines
from penstock.render.pdf_writer import number

LAYER = "PenstockText"
"""Begins the layers' names among a page's resources."""


class _Layer(NamedTuple):
    """What goes on a page."""

    lines: tuple[Line, ...]
    box: PageBox
    size: tuple[int, int]


def graft(
    pdf: pikepdf.Pdf, reads: Iterable[RecognizedPage], layers: Path, notes: GraftNotes, *, visible: bool
) -> list[int]:
    """Lay what was read under pages of an open PDF; gives back the pages' places in it.

    Parameters
    ----------
    layers
        Where the layers may be put until the PDF is saved.
    notes
        Told what became of each page.
    visible
        Show where the text stands.

    Raises
    ------
    PictureError
        The PDF is gone, damaged, or not the one any more that was read.
    """
    frames: list[int] = []
    layered: list[tuple[int, PageBox]] = []
    with layers.open("wb") as file:
        writer = LayerWriter(file, visible=visible)
        for batch in _batches(reads):
            for read, layer in zip(batch, _layers(pdf, batch, notes), strict=True):
                frames.append(read.page.picture.page_index)
                if layer is not None:
                    writer.write(*layer)
                    layered.append((read.page.picture.page_index, layer.box))
        if layered:
            writer.finish()
    if layered:
        _attach(pdf, layers, layered, visible=visible)
    return frames


def _batches(reads: Iterable[RecognizedPage]) -> Iterator[tuple[RecognizedPage, ...]]:
    """Not all at once, as there may be thousands; not one by one, as each opens the file anew."""
    walk = iter(reads)
    while batch := tuple(itertools.islice(walk, BATCH_SIZE)):
        yield batch


def _layers(pdf: pikepdf.Pdf, batch: Sequence[RecognizedPage], notes: GraftNotes) -> Iterator[_Layer | None]:
    page = batch[0].page
    check_unchanged(page.picture, page.origin)
    with open_with_pdfium(page.picture.path, page.origin) as opened:
        looks = [_look(opened, read) for read in batch]
    for read, (box, printed) in zip(batch, looks, strict=True):
        yield _layer(pdf, read, box, printed, notes)


def _look(opened: pypdfium2.PdfDocument, read: RecognizedPage) -> tuple[PageBox, list[PrintedWord]]:
    """What is shown of a page, and its own words in its frame."""
    page = opened[read.page.picture.page_index]
    try:
        box = page_box_of(page)
        return box, printed_words(page, box.to_pixels(read.page.width, read.page.height))
    finally:
        page.close()


def _layer(
    pdf: pikepdf.Pdf, read: RecognizedPage, box: PageBox, printed: list[PrintedWord], notes: GraftNotes
) -> _Layer | None:
    """What is to be added to a page, if anything is."""
    page, recognition = read.page, read.recognition
    if recognition.recognizer == OWN_TEXT:
        notes.left_alone.append(page.number)
        return None
    if page.existing_text == "redo" and any(not word.visible for word in printed):
        _take_out(pdf, read)
        notes.redone.append(page.number)
        printed = [word for word in printed if word.visible]
    elif page.existing_text == "add":
        printed = []
    if printed:
        notes.added_to.append(page.number)
    lines = tuple(missing_lines(recognition.lines, printed) if printed else recognition.lines)
    return _Layer(lines, box, (page.width, page.height)) if lines else None


def _take_out(pdf: pikepdf.Pdf, read: RecognizedPage) -> None:
    try:
        take_out_invisible_text(pdf, pdf.pages[read.page.picture.page_index])
    except pikepdf.PdfError as error:
        raise PictureError(
            f"{read.page.origin}: its content is damaged, so its old text cannot be taken out",
            'leave it in with existing_text = "auto"',
        ) from error


def _attach(pdf: pikepdf.Pdf, layers: Path, layered: Sequence[tuple[int, PageBox]], *, visible: bool) -> None:
    # The streams are read when the PDF is saved; whoever made the folder keeps it until then.
    source = pikepdf.open(layers)
    for layer, (frame, box) in zip(source.pages, layered, strict=True):
        form = pdf.copy_foreign(layer.as_form_xobject())
        _draw(pdf, pdf.pages[frame], form, (box.left, box.bottom), on_top=visible)


def _draw(
    pdf: pikepdf.Pdf, page: pikepdf.Page, form: pikepdf.Object, corner: tuple[float, float], *, on_top: bool
) -> None:
    # Pages may share their resources and should not show each other's text.
    resources = _copied(page.obj.get("/Resources"))
    drawn = _copied(resources.get("/XObject"))
    name = next(name for name in map(_name, itertools.count(1)) if name not in drawn)
    drawn[name] = form
    resources[Name.XObject] = drawn
    page.obj[Name.Resources] = resources
    moved = b"1 0 0 1 %b %b cm " % (number(corner[0]), number(corner[1])) if any(corner) else b""
    draw = pdf.make_stream(b"q %b%b Do Q\n" % (moved, name.encode()))
    content = page.obj.get(Name.Contents)
    own = [
        part for part in (content if isinstance(content, Array) else [content]) if isinstance(part, Stream)
    ]
    around = [pdf.make_stream(b"q\n"), *own, pdf.make_stream(b"\nQ\n"), draw]
    page.obj[Name.Contents] = Array(around if on_top else [draw, *own])


def _copied(dictionary: object) -> Dictionary:
    """A dictionary of its own with the same in it; empty if there is none, or something else instead."""
    return copy.copy(dictionary) if isinstance(dictionary, Dictionary) else Dictionary()


def _name(number: int) -> str:
    return f"/{LAYER}{number}"


__all__ = ["graft"]
