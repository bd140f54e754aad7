"""The sheets of a transcript: reportlab draws them in groups, and pikepdf joins the groups.

reportlab keeps a whole PDF in memory. A group is written to a temporary file before the next one begins, so
that memory does not grow with the number of pages.
"""

from __future__ import annotations

import io
import itertools
import threading
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import IO, TYPE_CHECKING, BinaryIO, cast

import pikepdf
from pikepdf import Name

from penstock.render.document_objects import DocumentFacts
from penstock.render.pdf_facts import set_facts
from penstock.render.print_fonts import FontRun
from penstock.render.print_words import SPACE, PrintWord, Row, from_left
from penstock.render.scripts import in_visual_order

if TYPE_CHECKING:
    from reportlab.pdfgen.canvas import Canvas

GROUP = 50
"""Pages of a document in a group."""
INK, DOUBTFUL, GRAY, NUMBER = (0.08, 0.08, 0.1), (0.72, 0.14, 0.04), (0.4, 0.4, 0.44), (0.1, 0.35, 0.7)
FONTS = threading.Lock()
"""Held while sheets are drawn: reportlab's fonts are shared by all threads, and are not made for that."""


@dataclass(frozen=True, slots=True)
class Jpeg:
    """A picture as it is embedded."""

    data: bytes
    width: int
    height: int
    mode: str


@dataclass(frozen=True, slots=True)
class Mark:
    """A bookmark: a title, the index of its sheet, and the bookmarks below it."""

    title: str
    sheet: int
    below: tuple[Mark, ...] = ()


class Group:
    """Sheets that are drawn together."""

    def __init__(self, font: str, size: tuple[float, float]) -> None:
        from reportlab.pdfgen.canvas import Canvas

        self._buffer = io.BytesIO()
        self.canvas = Canvas(self._buffer, size, invariant=1, initialFontName=font, pageCompression=1)
        self._pictures: dict[int, Jpeg] = {}
        self.count = 0

    def end_sheet(self, jpeg: Jpeg | None = None) -> None:
        """End a sheet, on which `draw_picture` has drawn a picture if there is one."""
        if jpeg:
            self._pictures[self.count] = jpeg
        self.canvas.showPage()
        self.count += 1

    def save(self, path: Path) -> None:
        """Write the sheets to a PDF."""
        self.canvas.save()
        with pikepdf.open(self._buffer) as pdf:
            embedded: dict[int, pikepdf.Object] = {}
            for index, jpeg in self._pictures.items():
                stream = embedded.setdefault(id(jpeg), _image(pdf, jpeg))
                pdf.pages[index].add_resource(stream, Name.XObject, name=Name.Scan)
            pdf.save(path)


def _image(pdf: pikepdf.Pdf, jpeg: Jpeg) -> pikepdf.Object:
    return pdf.make_stream(
        jpeg.data,
        Type=Name.XObject,
        Subtype=Name.Image,
        Width=jpeg.width,
        Height=jpeg.height,
        ColorSpace=Name.DeviceGray if jpeg.mode == "L" else Name.DeviceRGB,
        BitsPerComponent=8,
        Filter=Name.DCTDecode,
    )


def draw_picture(canvas: Canvas, box: tuple[float, float, float, float]) -> None:
    """Draw the sheet's picture into a box: left, bottom, width and height in points."""
    left, bottom, width, height = box
    canvas.addLiteral(f"q {width:.2f} 0 0 {height:.2f} {left:.2f} {bottom:.2f} cm /Scan Do Q")
    canvas.setLineWidth(0.4)
    canvas.setStrokeColorRGB(0.75, 0.75, 0.78)
    canvas.rect(*box)


def draw_row(canvas: Canvas, row: Row, place: tuple[float, float, float], size: float, *, rtl: bool) -> None:
    """Draw a row at a place: left end and right end of the column, and the baseline, in points."""
    words = list(from_left(row, right_to_left=rtl))
    gaps = [0.0, *(_gap(left, right, rtl=rtl) for left, right in itertools.pairwise(words))]
    left, right, baseline = place
    width = sum(gaps) + sum(word.width for word in words)
    x = right - width * size if rtl else left
    for index, (word, gap) in enumerate(zip(words, gaps, strict=True)):
        x += gap * size
        after = " " if index + 1 < len(words) and gaps[index + 1] else ""
        _draw_word(canvas, word, (x, baseline), size, after)
        x += word.width * size


def _gap(left: PrintWord, right: PrintWord, *, rtl: bool) -> float:
    """Return the space between two words, in ems. It belongs to the second one in the order of reading."""
    second = left if left.is_right_to_left and (right.is_right_to_left or rtl) else right
    return SPACE * second.has_space


def _draw_word(canvas: Canvas, word: PrintWord, place: tuple[float, float], size: float, after: str) -> None:
    x, baseline = place
    canvas.setFillColorRGB(*(DOUBTFUL if word.is_doubtful else INK))
    if word.has_code_points:
        # What a reader should copy (ISO 32000-1, 14.9.4), in the order in which it expects characters.
        text = in_visual_order(word.text).encode("utf-16-be").hex()
        canvas.addLiteral(f"/Span<</ActualText<FEFF{text}>>>BDC")
    draw_runs(canvas, word.runs, place, size)
    if word.has_code_points:
        canvas.addLiteral("EMC")
    if after and not word.is_right_to_left:
        canvas.drawString(x + word.width * size, baseline, after)
    if word.is_doubtful:
        underline(canvas, x, baseline, word.width * size)


def underline(canvas: Canvas, x: float, baseline: float, width: float) -> None:
    """Draw the line that marks a doubtful word."""
    canvas.setStrokeColorRGB(*DOUBTFUL)
    canvas.setLineWidth(0.7)
    canvas.setDash(2, 1.2)
    canvas.line(x, baseline - 2, x + width, baseline - 2)
    canvas.setDash()


def draw_runs(canvas: Canvas, runs: Sequence[FontRun], place: tuple[float, float], size: float) -> float:
    """Draw runs side by side, and return where they end."""
    from reportlab.pdfbase.pdfmetrics import stringWidth

    x, baseline = place
    for run in runs:
        canvas.setFont(run.font, size)
        canvas.drawString(x, baseline, run.text)
        x += stringWidth(run.text, run.font, size)
    return x


def join_groups(
    paths: Sequence[Path], target: IO[bytes], marks: Sequence[Mark], facts: DocumentFacts
) -> None:
    """Write the sheets of all groups as one PDF with bookmarks. It is made beside the first group's file."""
    joined = paths[0].with_name("joined.pdf")
    # Pages that pikepdf copies from one PDF to another stay in memory; those that a job copies do not.
    parts = ["--pages", *map(str, paths), "--"]
    pikepdf.Job(["pikepdf", "--empty", "--deterministic-id", *parts, str(joined)]).run()
    with pikepdf.open(joined, access_mode=pikepdf.AccessMode.stream) as whole:
        with whole.open_outline() as outline:
            outline.root.extend(map(_item, marks))
        set_facts(whole, facts)
        mode = pikepdf.ObjectStreamMode.generate
        whole.save(cast("BinaryIO", target), deterministic_id=True, object_stream_mode=mode)


def _item(mark: Mark) -> pikepdf.OutlineItem:
    item = pikepdf.OutlineItem(mark.title, mark.sheet, "Fit")
    item.children.extend(map(_item, mark.below))
    item.is_closed = bool(mark.below)
    return item
