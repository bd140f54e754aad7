"""Writes hOCR 1.2: https://kba.github.io/hocr-spec/1.2/."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import chain
from xml.etree import ElementTree as ET
from xml.sax.saxutils import escape, quoteattr

from penstock.model import Line, Page, RecognizedPage, Word
from penstock.transcriptions.hocr_baseline import fitted
from penstock.transcriptions.hocr_classes import CLASSES_WITHOUT_TEXT
from penstock.transcriptions.layout import STEEP, Block, baseline, blocks, gaps, outline, picture_file_name
from penstock.transcriptions.xml_text import Canvas, Place, allowed, child, cleaned, number
from penstock.version import __version__

CAPABILITIES = (
    "ocr_page ocr_carea ocr_par ocr_line ocrx_word ocr_image ocr_linedrawing ocr_separator ocr_table"
    " ocrp_lang ocrp_dir ocrp_poly ocrp_wconf"
)
_HEAD = """\
<?xml version="1.0" encoding="UTF-8"?>
<!DOCTYPE html PUBLIC "-//W3C//DTD XHTML 1.0 Transitional//EN" \
"http://www.w3.org/TR/xhtml1/DTD/xhtml1-transitional.dtd">
<html xmlns="http://www.w3.org/1999/xhtml">
<head>
<title>{title}</title>
<meta http-equiv="Content-Type" content="text/html; charset=utf-8" />
<meta name="generator" content="penstock {version}" />
<meta name="ocr-system" content={system} />
<meta name="ocr-capabilities" content="{capabilities}" />
{count}</head>
<body>
"""
Title = dict[str, str]
"""The properties of an element, which hOCR writes into its attribute ``title``."""


def hocr_document(
    pages: Iterable[RecognizedPage], *, title: str = "", page_count: int | None = None
) -> Iterator[str]:
    """Yield the parts of an hOCR document, one for each page, a head and an end.

    Parameters
    ----------
    pages
        Read one after the other, so that a document may be larger than memory.
    title
        Title of the HTML document.
    page_count
        Number of pages, if it is known.
    """
    walk = iter(pages)
    first = next(walk, None)
    system = (first.recognition.recognizer if first else "") or f"penstock {__version__}"
    count = f'<meta name="ocr-number-of-pages" content="{page_count}" />\n' if page_count is not None else ""
    yield _HEAD.format(
        title=escape(allowed(title)),
        version=__version__,
        system=quoteattr(allowed(system)),
        capabilities=CAPABILITIES,
        count=count,
    )
    for page in chain([first] if first else [], walk):
        # Without abbreviations such as <span />, which HTML parsers take for start tags.
        yield ET.tostring(_PageWriter(page).element(), "unicode", short_empty_elements=False)
    yield "</body>\n</html>\n"


class _PageWriter:
    """Makes the element of one page."""

    def __init__(self, page: RecognizedPage) -> None:
        self._page = page.page
        self._recognition = cleaned(page.recognition)
        self._canvas = Canvas(page.page.width, page.page.height)
        self._number = page.page.number
        self._lines = self._words = 0

    def element(self) -> ET.Element:
        found = self._recognition
        attributes = {"class": "ocr_page", "id": f"page_{self._number}"}
        element = ET.Element("div", attributes)
        _direct(element, found.language, found.direction)
        title = _page_title(self._page)
        if found.angle is not None:
            title["textangle"] = number(-found.angle)
        _set_title(element, title)
        element.text = element.tail = "\n"
        for index, block in enumerate(blocks(found), 1):
            self._add_block(element, block, index)
        return element

    def _add_block(self, page: ET.Element, block: Block, index: int) -> None:
        parent, region = page, block.region
        place = self._canvas.place(block.outline)
        if region is not None:
            name = "ocr_carea" if block.lines else CLASSES_WITHOUT_TEXT.get(region.kind, "ocr_carea")
            parent = self._child(page, "div", name, f"carea_{self._number}_{index}")
            title = _places(place)
            title["x_type"] = allowed(region.kind).replace(" ", "_").replace(";", "_")
            _direct(parent, region.language, region.direction)
            _set_title(parent, title)
        if not block.lines:
            return
        # Programs such as OCRmyPDF find lines only in paragraphs.
        paragraph = self._child(parent, "p", "ocr_par", f"par_{self._number}_{index}")
        _set_title(paragraph, _places(place))
        for line in block.lines:
            self._add_line(paragraph, line, block)

    def _add_line(self, paragraph: ET.Element, line: Line, block: Block) -> None:
        self._lines += 1
        element = self._child(paragraph, "span", "ocr_line", f"line_{self._number}_{self._lines}")
        place = self._canvas.place(outline(line))
        title = _places(place)
        if straight := fitted(baseline(line, block.direction)):
            slope, height = straight
            title["baseline"] = f"{number(slope, 5)} {number(slope * place.left + height - place.bottom)}"
        # A baseline has no direction. Lines take over the angle of a page that is steep, too.
        if max(abs(line.quad.angle), abs(self._recognition.angle or 0.0)) > STEEP:
            title["textangle"] = number(-line.quad.angle)
        if line.confidence is not None:
            title["x_wconf"] = _percent(line.confidence)
        _direct(element, line.language, line.direction)
        _set_title(element, title)
        if not line.words:
            element.text = line.text
            return
        between = gaps(line) or ("", *[" "] * (len(line.words) - 1), "")
        element.text = between[0]
        for word, after in zip(line.words, between[1:], strict=True):
            self._add_word(element, word).tail = after

    def _add_word(self, line: ET.Element, word: Word) -> ET.Element:
        self._words += 1
        identity = f"word_{self._number}_{self._words}"
        element = child(line, "span", **{"class": "ocrx_word", "id": identity})
        title = _places(self._canvas.place(outline(word)))
        if word.corrected:
            title |= {"x_wconf": "100", "x_corrected": "1"}
        elif word.confidence is not None:
            title["x_wconf"] = _percent(word.confidence)
        _direct(element, word.language, word.direction)
        _set_title(element, title)
        element.text = word.text
        return element

    def _child(self, parent: ET.Element, tag: str, name: str, identity: str) -> ET.Element:
        element = child(parent, tag, **{"class": name, "id": identity})
        if tag != "span":
            element.text = "\n"
        element.tail = "\n"
        return element


def _places(place: Place) -> Title:
    """Return the box of a place, and its polygon if the box does not say everything."""
    title = {"bbox": " ".join(map(str, place[:4]))}
    if not place.is_box:
        title["poly"] = " ".join(f"{x} {y}" for x, y in place.outline)
    return title


def _page_title(page: Page) -> Title:
    # A quotation mark would end the name.
    title = {"image": '"' + allowed(picture_file_name(page)).replace('"', "%22") + '"'}
    title |= {"bbox": f"0 0 {page.width} {page.height}", "ppageno": str(page.number - 1)}
    if page.dpi:
        title["scan_res"] = " ".join(str(round(each)) for each in page.dpi)
    return title


def _percent(confidence: float) -> str:
    return str(round(confidence * 100))


def _direct(element: ET.Element, language: str | None, direction: str | None) -> None:
    """Set language and direction. HTML has only the horizontal directions."""
    if language:
        element.set("lang", allowed(language))
    if direction in ("ltr", "rtl"):
        element.set("dir", direction)


def _set_title(element: ET.Element, title: Title) -> None:
    element.set("title", "; ".join(f"{name} {value}" for name, value in title.items()))
