"""Write pages made of pictures into a PDF one by one, and the objects that they share at the end."""

from __future__ import annotations

from collections import Counter

from penstock.model import RecognizedPage
from penstock.render.colour_profiles import ColourProfiles
from penstock.render.corrected_words import corrected_marks
from penstock.render.glyphless_font import GlyphlessFont
from penstock.render.page_drawing import PageDrawing
from penstock.render.pdf_writer import PdfWriter
from penstock.render.pdfa_construction import Construction
from penstock.render.placement import PageSize, place, quarter_turns
from penstock.render.scan_image import write_picture
from penstock.render.stored_image import CMYK
from penstock.render.structure import Structure
from penstock.render.text_layer import lay_out


class PageWriter:
    """Writes pages, and collects what the rest of the document needs.

    Parameters
    ----------
    page_size
        The paper that pages without a plausible resolution are fitted into.
    rotate
        Turn pages so that most of their text stands upright.
    tagged
        Write a structure tree for assistive technology.
    visible
        Paint the text instead of hiding it.
    strip_metadata
        Leave EXIF, XMP and comments out of the pictures.
    """

    def __init__(
        self,
        writer: PdfWriter,
        page_size: PageSize,
        *,
        rotate: bool,
        visible: bool,
        tagged: bool = False,
        strip_metadata: bool = False,
    ) -> None:
        self._writer = writer
        self.construction = Construction()
        self._profiles = ColourProfiles(writer, self.construction)
        self._page_size = page_size
        self._rotate = rotate
        self._visible = visible
        self._strip_metadata = strip_metadata
        self._font = GlyphlessFont(writer, visible=visible)
        self._languages: Counter[str] = Counter()
        self._structure = Structure(writer) if tagged else None
        self.tree = writer.reserve()
        self.numbers: list[int] = []
        self.in_cmyk: list[str] = []  # origins of the pages whose pictures are in CMYK

    def write(self, recognized: RecognizedPage) -> None:
        """Write a page's picture, text and dictionary."""
        page, recognition = recognized.page, recognized.recognition
        turns = quarter_turns(recognition.lines) if self._rotate else 0
        placement = place(page, fallback=self._page_size, quarter_turns=turns)
        picture = write_picture(page, self._writer, self._profiles, strip_metadata=self._strip_metadata)
        self.construction.add_picture(picture.stored)
        if picture.stored.color_space == CMYK:
            self.in_cmyk.append(page.origin)
        self._font = self._font.or_next()
        drawing = PageDrawing(self._font, tagged=self._structure is not None, visible=self._visible)
        lines = list(lay_out(recognition.lines, placement))
        self.construction.add_lines(lines)
        drawn = drawing.page(placement.picture(picture.orientation), lines)
        drawn += corrected_marks(recognition.lines, placement)
        content = self._writer.add_stream(b"", drawn)
        number = self._writer.reserve()
        tags = self._structure.add_page(number, len(lines)) if self._structure else b""
        self._writer.add(
            b"<</Type/Page/Parent %d 0 R/MediaBox[0 0 %.2f %.2f]/Contents %d 0 R"
            b"/Resources<</Font<</F %d 0 R>>/XObject<</Im %d 0 R>>>>%b>>"
            % (
                self.tree,
                placement.width,
                placement.height,
                content,
                self._font.number,
                picture.number,
                tags,
            ),
            number,
        )
        self.numbers.append(number)
        if recognition.language:
            self._languages[recognition.language] += 1

    @property
    def language(self) -> str | None:
        """The language in which most pages were recognized."""
        return self._languages.most_common(1)[0][0] if self._languages else None

    def finish(self) -> bytes:
        """Write the font and the structure tree, and return their entries for the catalog."""
        self._font.write()
        return self._structure.finish() if self._structure else b""
