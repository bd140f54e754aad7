"""Tell whether a PDF of pictures is PDF/A-2b by construction, so that it need not be checked.

What penstock writes itself conforms: a test compares it with the check for random documents. What comes from
elsewhere may not conform: colour profiles, JPEG 2000, and texts and counts beyond the limits of PDF/A.
"""

from __future__ import annotations

import functools
import io
from collections.abc import Iterable, Sequence

from penstock.render import pdfa
from penstock.render.document_objects import DocumentFacts, write_document_objects
from penstock.render.pdf_writer import PdfWriter
from penstock.render.stored_image import CMYK, StoredImage, write_profile
from penstock.render.type_line import TypeLine

FILTERS = (b"/Filter/DCTDecode", b"/Filter/FlateDecode", b"/Filter/CCITTFaxDecode")
"""Filters of pictures that conform. JPEG 2000 has conditions of its own (ISO 19005-2, 6.2.8.3)."""
DEPTHS = (1, 2, 4, 8, 16)
"""Bits per component (ISO 19005-2, 6.2.8)."""
MOST_BYTES = (1 << 31) - 1
"""Length of a picture: the largest integer (ISO 19005-2, 6.1.13)."""
MOST_CHARACTERS = 8000
"""Length of a text. A character takes up to four bytes, and a string has 32,767 at most (6.1.13)."""
MOST_WORDS = 1_000_000
"""Words and pages of a document. The check refuses a million structure elements, and 20 million operators."""
MOST_PROFILES = 8
"""Colour profiles of a document that are checked each alone. They are kept in memory until then."""


class Construction:
    """Notes what goes into a PDF, and tells at the end whether the PDF conforms without a check."""

    def __init__(self) -> None:
        self._within_limits = True
        self._words = 0
        self._profiles: list[bytes] = []

    def add_picture(self, picture: StoredImage) -> None:
        """Note a picture by its image dictionary."""
        length = sum(len(part) if isinstance(part, bytes) else part[1] for part in picture.parts)
        is_plain = picture.filter.startswith(FILTERS) and picture.color_space != CMYK
        self._within_limits &= is_plain and picture.bits in DEPTHS and length <= MOST_BYTES

    def add_profile(self, profile: bytes) -> None:
        """Note an ICC profile of RGB colours, once for all pictures that have it."""
        if len(self._profiles) == MOST_PROFILES:
            self._within_limits = False
        else:
            self._profiles.append(profile)

    def add_lines(self, lines: Sequence[TypeLine]) -> None:
        """Note the lines of a page's text layer."""
        self._words += 1 + sum(len(line.runs) for line in lines)
        self.add_texts(run.text for line in lines for run in line.runs)

    def add_texts(self, texts: Iterable[str]) -> None:
        """Note texts that become strings."""
        self._within_limits &= max(map(len, texts), default=0) <= MOST_CHARACTERS

    def conforms(self) -> bool:
        """Return whether the PDF is known to conform; if not, only the check can tell."""
        return self._within_limits and self._words <= MOST_WORDS and all(map(is_accepted, self._profiles))


@functools.lru_cache(maxsize=MOST_PROFILES)
def is_accepted(profile: bytes) -> bool:
    """Return whether the check accepts a PDF of one pixel with this ICC profile of RGB colours."""
    file = io.BytesIO()
    writer = PdfWriter(file)
    space = write_profile(writer, profile)
    picture = writer.add_stream(StoredImage(1, 1, 8, space, b"").entries, bytes(3))
    content = writer.add_stream(b"", b"q 9 0 0 9 0 0 cm /Im Do Q")
    tree = writer.reserve()
    page = writer.add(
        b"<</Type/Page/Parent %d 0 R/MediaBox[0 0 9 9]/Contents %d 0 R/Resources<</XObject<</Im %d 0 R>>>>>>"
        % (tree, content, picture)
    )
    facts = DocumentFacts(None, None, None, "penstock", None)
    write_document_objects(writer, facts, tree, [page], claim=True)
    return not pdfa.obstacles(file)
