"""Sheets of lines: doubtful lines of pages, cut out and packed onto few pictures for a service.

A service bills pictures, not lines. `doubtful_lines` says which lines of a recognition are sent,
`strip_of` cuts them, `packed` puts them onto sheets, and `draw_sheet` makes the picture of a sheet.
`answered_lines` finds the lines of each place in the service's answer, and `with_lines` puts them into the
recognition of the page. Which line is meant is decided by places alone: the service may order, join and split
the lines of a sheet as it likes.
"""

from penstock.montage.answers import answered_lines, with_lines
from penstock.montage.doubt import doubtful_lines
from penstock.montage.drawing import draw_sheet, encoded
from penstock.montage.packing import Layout, SheetLimits, packed
from penstock.montage.places import LinePlace
from penstock.montage.strips import Strip, strip_of

__all__ = [
    "Layout",
    "LinePlace",
    "SheetLimits",
    "Strip",
    "answered_lines",
    "doubtful_lines",
    "draw_sheet",
    "encoded",
    "packed",
    "strip_of",
    "with_lines",
]
