"""Draw the sheets of a transcript, page by page."""

from __future__ import annotations

import io
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from penstock.geometry import Quad
from penstock.images import open_upright
from penstock.model import Line, MissingPage, RecognizedPage
from penstock.render.print_fonts import PrintFonts
from penstock.render.print_words import Row, rows_of, split_wide, words_of
from penstock.render.scripts import is_right_to_left
from penstock.render.transcript_sheets import (
    FONTS,
    GRAY,
    GROUP,
    NUMBER,
    Group,
    Jpeg,
    Mark,
    draw_picture,
    draw_row,
    underline,
)
from penstock.render.transcript_text import LEADING, PlacedRow, PrintLine, lines_of, set_lines

if TYPE_CHECKING:
    from reportlab.pdfgen.canvas import Canvas

Layout = Literal["beside", "below"]

SIDE, TOP, BOTTOM, GUTTER = 40.0, 46.0, 40.0, 30.0
"""Margins of a sheet, and the space between picture and text, in points."""
PICTURE_SHARE = 0.5
"""Largest share of a sheet's height that a picture takes above its text."""
DPI = 200
QUALITY = 78
SMALL = 7.5
"""Type size of page numbers and line numbers, in points."""
NUMBERED = 5
"""Every fifth line has its number beside the text and on the picture."""
LEGEND = "doubtful word"


@dataclass(frozen=True, slots=True)
class _Box:
    """A part of a sheet, in points from its lower left corner."""

    left: float
    bottom: float
    width: float
    height: float

    @property
    def top(self) -> float:
        return self.bottom + self.height


class TranscriptWriter:
    """Draws sheets, and writes each full group to a file."""

    def __init__(self, folder: Path, title: str, layout: Layout, paper: tuple[float, float]) -> None:
        self.fonts = PrintFonts()
        self.marks: list[Mark] = []
        self._folder, self._title, self._layout = folder, title, layout
        self._size = (paper[1], paper[0]) if layout == "beside" else paper
        self._group: Group | None = None
        self._in_group = 0
        self._sheets = 0
        self._paths: list[Path] = []

    def add(self, page: RecognizedPage) -> None:
        """Draw the sheets of a page. Raises PictureError."""
        room = self._room
        wide, high = (
            ((room.width - GUTTER) / 2, room.height)
            if self._layout == "beside"
            else (room.width, room.height * PICTURE_SHARE)
        )
        scale = min(wide / page.page.width, high / page.page.height)
        width, height = page.page.width * scale, page.page.height * scale
        jpeg = _jpeg(page, max(width, height))
        self.marks.append(Mark(f"Page {page.page.number}", self._sheets))
        with FONTS:
            self._draw_page(page, jpeg, _Box(room.left, room.top - height, width, height))
            self._end_page()

    def add_missing(self, page: MissingPage) -> None:
        """Draw a sheet that says which page is missing, and why."""
        self.marks.append(Mark(f"Page {page.number} (missing)", self._sheets))
        with FONTS:
            self._draw_notes([(f"Page {page.number} is missing", 16.0), (page.why, 11.0)], self._room)
            self._end_sheet(f"Page {page.number}")
            self._end_page()

    def add_title(self) -> None:
        """Draw the title page."""
        room = self._room
        with FONTS:
            upper = _Box(room.left, room.bottom, room.width, room.height * 0.7)
            self._draw_notes([(self._title, 26.0), ("Transcript", 13.0)], upper)
            self._end_sheet("")

    def end(self) -> list[Path]:
        """Write the last group, and return the files of all groups."""
        with FONTS:
            self._save_group()
        return self._paths

    @property
    def _room(self) -> _Box:
        width, height = self._size
        return _Box(SIDE, BOTTOM, width - 2 * SIDE, height - TOP - BOTTOM)

    @property
    def _canvas(self) -> Canvas:
        return self._drawing.canvas

    @property
    def _drawing(self) -> Group:
        """Return the group that is drawn, a new one after a full one."""
        if self._group is None:
            self._group = Group(self.fonts.base, self._size)
        return self._group

    def _draw_page(self, page: RecognizedPage, jpeg: Jpeg, picture: _Box) -> None:
        lines = lines_of(page, self.fonts)
        is_beside = self._layout == "beside"
        if not lines:
            self._draw_picture(picture, lines)
            self._draw_notes([("No text was recognized.", 10.0)], self._column(picture))
            self._end_sheet(f"Page {page.page.number}", jpeg)
            return
        column = self._column(picture)
        step = picture.height if is_beside else 0
        heights = column.height, self._room.height
        size, sheets = set_lines(lines, self.fonts, width=column.width, heights=heights, picture_height=step)
        for index, rows in enumerate(sheets):
            has_picture = is_beside or not index
            if has_picture:
                self._draw_picture(picture, lines)
            self._draw_rows(rows, size, column if has_picture else self._indented(self._room))
            name = f"Page {page.page.number}" + (", continued" if index else "")
            has_doubts = any(word.is_doubtful for each in rows for word in each.row)
            self._end_sheet(name, jpeg if has_picture else None, has_doubts=has_doubts)

    def _column(self, picture: _Box) -> _Box:
        """Return the part of the sheet for text."""
        room = self._room
        if self._layout == "beside":
            left = picture.left + picture.width + GUTTER
            return _Box(left, room.bottom, room.left + room.width - left, room.height)
        return self._indented(
            _Box(room.left, room.bottom, room.width, picture.bottom - room.bottom - GUTTER / 2)
        )

    def _indented(self, box: _Box) -> _Box:
        """Return a box without the space for line numbers on both sides."""
        return _Box(box.left + GUTTER / 2, box.bottom, box.width - GUTTER, box.height)

    def _draw_picture(self, picture: _Box, lines: Sequence[PrintLine]) -> None:
        canvas = self._canvas
        draw_picture(canvas, (picture.left, picture.bottom, picture.width, picture.height))
        for line in filter(_is_numbered, lines):
            x = picture.left + line.start[0] * picture.width
            baseline = picture.top - line.start[1] * picture.height - SMALL / 3
            self._draw_ground(line, x + 3 if line.right_to_left else x - 3, baseline)
            self._draw_number(line, x + 4 if line.right_to_left else x - 4, baseline)

    def _draw_rows(self, rows: Sequence[PlacedRow], size: float, column: _Box) -> None:
        for each in rows:
            baseline, line = column.top - each.below, each.line
            right = column.left + column.width
            draw_row(self._canvas, each.row, (column.left, right, baseline), size, rtl=line.right_to_left)
            if each.is_first and _is_numbered(line):
                self._draw_number(line, right + 5 if line.right_to_left else column.left - 5, baseline)

    def _draw_ground(self, line: PrintLine, x: float, baseline: float) -> None:
        """Draw a white ground for a number, which the picture may be too dark for."""
        canvas = self._canvas
        width = canvas.stringWidth(str(line.number), self.fonts.base, SMALL) + 2
        canvas.setFillColorRGB(1, 1, 1)
        left = x if line.right_to_left else x - width
        canvas.rect(left, baseline - 1.5, width, SMALL + 1, stroke=0, fill=1)

    def _draw_number(self, line: PrintLine, x: float, baseline: float) -> None:
        canvas = self._canvas
        canvas.setFont(self.fonts.base, SMALL)
        canvas.setFillColorRGB(*NUMBER)
        draw = canvas.drawString if line.right_to_left else canvas.drawRightString
        draw(x, baseline, str(line.number))

    def _draw_notes(self, notes: Sequence[tuple[str, float]], box: _Box) -> None:
        """Draw paragraphs of different type sizes from the top of a box."""
        baseline = box.top
        for text, size in notes:
            for row, right_to_left in self._rows(text, box.width / size):
                baseline -= size * LEADING
                place = (box.left, box.left + box.width, baseline)
                draw_row(self._canvas, row, place, size, rtl=right_to_left)
            baseline -= size / 2

    def _rows(self, text: str, room: float) -> list[tuple[Row, bool]]:
        words = words_of(Line(text, Quad.from_box(0, 0, 1, 1)), self.fonts)
        rows = rows_of(split_wide(words, room, self.fonts), room)
        return [(row, is_right_to_left(text)) for row in rows]

    def _end_sheet(self, name: str, jpeg: Jpeg | None = None, *, has_doubts: bool = False) -> None:
        """Draw the head and the foot of a sheet, and begin the next one."""
        canvas, room = self._canvas, self._room
        right, foot = room.left + room.width, BOTTOM / 2
        head = self._size[1] - TOP + 16
        if name:
            title = self._rows(self._title, (room.width - 120) / 9)
            if title:
                draw_row(canvas, title[0][0], (room.left, right - 120, head), 9, rtl=False)
            canvas.setFillColorRGB(*GRAY)
            canvas.setFont(self.fonts.base, 9)
            canvas.drawRightString(right, head, name)
        canvas.setFillColorRGB(*GRAY)
        canvas.setFont(self.fonts.base, SMALL + 1)
        canvas.drawCentredString(self._size[0] / 2, foot, str(self._sheets + 1))
        if has_doubts:
            width = canvas.stringWidth(LEGEND, self.fonts.base, SMALL + 1)
            canvas.drawRightString(right, foot, LEGEND)
            underline(canvas, right - width, foot, width)
        self._drawing.end_sheet(jpeg)
        self._sheets += 1

    def _end_page(self) -> None:
        self._in_group += 1
        if self._in_group >= GROUP:
            self._save_group()

    def _save_group(self) -> None:
        if self._group is not None:
            self._paths.append(self._folder / f"{len(self._paths)}.pdf")
            self._group.save(self._paths[-1])
        self._group, self._in_group = None, 0


def _is_numbered(line: PrintLine) -> bool:
    return line.number % NUMBERED == 0


def _jpeg(page: RecognizedPage, side: float) -> Jpeg:
    """Return a page's picture as it is printed; ``side`` is its longer side in points."""
    picture = open_upright(page.page, longest_side=max(1, round(side / 72 * DPI)))
    buffer = io.BytesIO()
    picture.save(buffer, "JPEG", quality=QUALITY, optimize=True)
    return Jpeg(buffer.getvalue(), picture.width, picture.height, picture.mode)
