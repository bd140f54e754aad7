"""Add text layers to the pages of an existing PDF without changing its own objects.

A layer is a form that is drawn before the page's own content, so that the page's changes to the graphics
state do not affect it. Readers find invisible text there, too. A visible layer is drawn last, on top.
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

from penstock.images import check_unchanged
from penstock.model import Line, Page, RecognizedPage
from penstock.pdf.concealed_text import ConcealedText, concealed_text
from penstock.pdf.opening import open_with_pdfium, opened_page
from penstock.pdf.page_box import PageBox, page_box_of
from penstock.pdf.pages import BATCH_SIZE
from penstock.pdf.words import OWN_TEXT, PrintedWord, printed_words
from penstock.render.graft_notes import GraftNotes
from penstock.render.invisible_text import remove_invisible_text
from penstock.render.layer_writer import LayerWriter, layer_scale
from penstock.render.missing_words import missing_lines
from penstock.render.pdf_writer import number
from penstock.render.placement import quarter_turns
from penstock.render.scripts import is_cjk, is_right_to_left

LAYER = "PenstockText"
"""Prefix of the layers' names among a page's resources."""


class _Layer(NamedTuple):
    """The text to add to a page: its lines, the page's visible area, and the page's size in pixels."""

    lines: tuple[Line, ...]
    box: PageBox
    size: tuple[int, int]


def graft(
    pdf: pikepdf.Pdf,
    pages: Iterable[RecognizedPage],
    layers: Path,
    notes: GraftNotes,
    *,
    visible: bool,
    rotate: bool,
) -> list[int]:
    """Add text layers to pages of an open PDF, and return the pages' indexes in it.

    Parameters
    ----------
    layers
        Path of a temporary file for the layers. It must exist until the PDF is saved.
    notes
        Receives the numbers of the pages by what was done to them.
    visible
        Paint the text instead of hiding it.
    rotate
        Turn pages so that most of their text stands upright.

    Raises
    ------
    PictureError
        The PDF is missing or damaged, or has changed since its pages were found.
    """
    indexes: list[int] = []
    layered: list[tuple[int, PageBox]] = []
    with layers.open("wb") as file:
        writer = LayerWriter(file, visible=visible)
        for batch in _batches(pages):
            for recognized, layer in zip(batch, _layers(pdf, batch, notes, rotate=rotate), strict=True):
                indexes.append(recognized.page.picture.page_index)
                if layer is not None:
                    writer.write(*layer)
                    layered.append((recognized.page.picture.page_index, layer.box))
        if layered:
            writer.finish()
    if layered:
        notes.changed = True
        _attach(pdf, layers, layered, visible=visible)
    return indexes


def _batches(pages: Iterable[RecognizedPage]) -> Iterator[tuple[RecognizedPage, ...]]:
    # All pages at once may be too many for memory; one by one, each would open the file again.
    walk = iter(pages)
    while batch := tuple(itertools.islice(walk, BATCH_SIZE)):
        yield batch


def _layers(
    pdf: pikepdf.Pdf, batch: Sequence[RecognizedPage], notes: GraftNotes, *, rotate: bool
) -> Iterator[_Layer | None]:
    page = batch[0].page
    check_unchanged(page.picture, page.origin)
    # Extract all text before the first layer is yielded: PDFium is locked for other threads meanwhile.
    with open_with_pdfium(page.picture.path, page.origin) as opened:
        texts = [_own_text(opened, recognized.page) for recognized in batch]
    for recognized, own in zip(batch, texts, strict=True):
        if rotate and recognized.recognition.recognizer != OWN_TEXT:
            _turn_upright(pdf, recognized, own, notes)
        yield _layer(pdf, recognized, own, notes)


class _OwnText(NamedTuple):
    """A page's visible area, its own words in pixels of the page, and which of its text is concealed."""

    box: PageBox
    words: list[PrintedWord]
    concealed: ConcealedText


def _own_text(opened: pypdfium2.PdfDocument, page: Page) -> _OwnText:
    index = page.picture.page_index
    with opened_page(opened, index) as shown:
        box = page_box_of(shown)
        words = printed_words(shown, index, box.to_pixels(page.width, page.height))
        is_removed = page.existing_text == "redo" and not all(word.visible for word in words)
        return _OwnText(box, words, concealed_text(shown) if is_removed else ConcealedText())


def _turn_upright(pdf: pikepdf.Pdf, recognized: RecognizedPage, own: _OwnText, notes: GraftNotes) -> None:
    """Turn the page for display if most of its text is not upright. Annotations and links turn with it."""
    visible = (Line(word.text, word.quad) for word in own.words if word.visible)
    if turns := quarter_turns([*recognized.recognition.lines, *visible]):
        page = pdf.pages[recognized.page.picture.page_index].obj
        page[Name.Rotate] = (own.box.quarter_turns - turns) % 4 * 90  # clockwise
        notes.changed = True


def _layer(pdf: pikepdf.Pdf, recognized: RecognizedPage, own: _OwnText, notes: GraftNotes) -> _Layer | None:
    """Return the text to add to a page by its policy for existing text; None if there is nothing to add."""
    page, recognition, printed = recognized.page, recognized.recognition, own.words
    words = [*recognition.text.split(), *(word.text for word in printed)]
    notes.runs_left_to_right &= not any(is_right_to_left(word) or is_cjk(word) for word in words)
    is_own = recognition.recognizer == OWN_TEXT
    if is_own and not any(word.corrected for line in recognition.lines for word in line.words):
        notes.unchanged.append(page.number)
        return None
    if page.existing_text == "redo" and not is_own and any(not word.visible for word in printed):
        if _remove_invisible_text(pdf, page, own.concealed):
            notes.redone.append(page.number)
            notes.changed = True
            printed = [word for word in printed if word.visible]
        else:
            notes.not_redone.append(page.number)
    elif page.existing_text == "add":
        printed = []
    if printed:
        notes.completed.append(page.number)
    lines = tuple(missing_lines(recognition.lines, printed) if printed else recognition.lines)
    return _Layer(lines, own.box, (page.width, page.height)) if lines else None


def _remove_invisible_text(pdf: pikepdf.Pdf, page: Page, concealed: ConcealedText) -> bool:
    """Remove a page's invisible text. Return False, and leave the page unchanged, if it cannot be parsed."""
    try:
        remove_invisible_text(pdf, pdf.pages[page.picture.page_index], concealed)
    except (pikepdf.PdfError, TypeError):
        return False
    return True


def _attach(pdf: pikepdf.Pdf, layers: Path, layered: Sequence[tuple[int, PageBox]], *, visible: bool) -> None:
    # The layers are not closed here: qpdf reads their streams when the PDF is saved.
    source = pikepdf.open(layers)
    for layer, (index, box) in zip(source.pages, layered, strict=True):
        form = pdf.copy_foreign(layer.as_form_xobject())
        _draw(pdf, pdf.pages[index], form, box, on_top=visible)


def _draw(pdf: pikepdf.Pdf, page: pikepdf.Page, form: pikepdf.Object, box: PageBox, *, on_top: bool) -> None:
    # Pages may share their resources, but must not show each other's text.
    resources = _copied(page.obj.get("/Resources"))
    drawn = _copied(resources.get("/XObject"))
    names = (f"/{LAYER}{number}" for number in itertools.count(1))
    name = next(name for name in names if name not in drawn)
    drawn[name] = form
    resources[Name.XObject] = drawn
    page.obj[Name.Resources] = resources
    draw = pdf.make_stream(b"q %b%b Do Q\n" % (_to_visible_area(box), name.encode()))
    content = page.obj.get(Name.Contents)
    own = [
        part for part in (content if isinstance(content, Array) else [content]) if isinstance(part, Stream)
    ]
    around = [pdf.make_stream(b"q\n"), *own, pdf.make_stream(b"\nQ\n"), draw]
    page.obj[Name.Contents] = Array(around if on_top else [draw, *own])


def _to_visible_area(box: PageBox) -> bytes:
    """Return the operator that moves and scales a layer to the page's visible area; empty if not needed."""
    scale = layer_scale(box)
    if scale == 1 and not box.left and not box.bottom:
        return b""
    shrunk = b"%.9f" % (1 / scale) if scale != 1 else b"1"
    return b"%b 0 0 %b %b %b cm " % (shrunk, shrunk, number(box.left), number(box.bottom))


def _copied(dictionary: object) -> Dictionary:
    """Return a copy of a dictionary; an empty one for any other object."""
    return copy.copy(dictionary) if isinstance(dictionary, Dictionary) else Dictionary()
