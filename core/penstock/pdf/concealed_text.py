"""Find text that is painted on a page, but under a picture or in the colour of its background.

Some programs hide the text of an earlier recognition so, instead of making it invisible.
"""

from __future__ import annotations

from typing import NamedTuple

import pypdfium2
from pypdfium2 import raw

from penstock.pdf.contents import map_to_page
from penstock.pdf.painting import objects_of
from penstock.pdf.visibility import Area, Sight, sights
from penstock.pdf.words import INVISIBLE_MODES


class ConcealedText(NamedTuple):
    """Which text of a page a reader does not see.

    Parameters
    ----------
    of_page
        For each text object of the page's own content, in drawing order.
    in_forms
        Whether this holds for all text in the page's forms.
    """

    of_page: tuple[bool, ...] = ()
    in_forms: bool = False


def concealed_text(page: pypdfium2.PdfPage) -> ConcealedText:
    """Return which painted text of a page a reader does not see."""
    texts = list(objects_of(page, [raw.FPDF_PAGEOBJ_TEXT]))
    seen = sights(page, [_area(text) for text in texts])
    hidden = [
        sight is Sight.HIDDEN and raw.FPDFTextObj_GetTextRenderMode(text) not in INVISIBLE_MODES
        for text, sight in zip(texts, seen, strict=True)
    ]
    in_forms = [is_hidden for text, is_hidden in zip(texts, hidden, strict=True) if text.container]
    of_page = [is_hidden for text, is_hidden in zip(texts, hidden, strict=True) if not text.container]
    return ConcealedText(tuple(of_page), bool(in_forms) and all(in_forms))


def _area(text: pypdfium2.PdfObject) -> Area:
    left, bottom, right, top = text.get_bounds()
    to_page = map_to_page(text)
    corners = [to_page.apply((x, y)) for x in (left, right) for y in (bottom, top)]
    xs, ys = zip(*corners, strict=True)
    return (min(xs), min(ys), max(xs), max(ys))
