"""Writes PAGE XML 2019-07-15: https://github.com/PRImA-Research-Lab/PAGE-XML."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime
from xml.etree import ElementTree as ET

from penstock.geometry import Point
from penstock.model import Alternative, Line, RecognizedPage, Region, TextDirection, Word
from penstock.transcriptions.layout import GROUP_ID, Block, baseline, blocks, outline, picture_file_name
from penstock.transcriptions.page_terms import (
    CORRECTED,
    DIRECTIONS,
    REGIONS_WITHOUT_TEXT,
    TEXT_TYPES,
    language_name,
)
from penstock.transcriptions.xml_text import Canvas, allowed, child, cleaned, number, pairs, xml_file
from penstock.version import __version__

NAMESPACE = "http://schema.primaresearch.org/PAGE/gts/pagecontent/2019-07-15"
_ROOT = {
    "xmlns": NAMESPACE,
    "xmlns:xsi": "http://www.w3.org/2001/XMLSchema-instance",
    "xsi:schemaLocation": f"{NAMESPACE} {NAMESPACE}/pagecontent.xsd",
}


def page_xml(page: RecognizedPage, *, created: datetime | None = None) -> bytes:
    """Return a PAGE XML file of one page.

    Parameters
    ----------
    page
        The page.
    created
        Time for the metadata, which PAGE XML demands. None takes the time when the picture was modified, so
        that the same page always makes the same file.
    """
    return xml_file(_PageWriter(page).element(created or _time_of_picture(page)))


def _time_of_picture(page: RecognizedPage) -> datetime:
    return datetime.fromtimestamp((page.page.picture.modified_ns or 0) // 10**9, UTC)


class _PageWriter:
    """Makes the elements of one page."""

    def __init__(self, page: RecognizedPage) -> None:
        self._page = page.page
        self._recognition = cleaned(page.recognition)
        self._canvas = Canvas(page.page.width, page.page.height)
        self._lines = self._words = 0

    def element(self, created: datetime) -> ET.Element:
        found = self._recognition
        root = ET.Element("PcGts", _ROOT)
        self._add_metadata(child(root, "Metadata"), created)
        page = child(
            root,
            "Page",
            imageFilename=allowed(picture_file_name(self._page)),
            imageWidth=self._page.width,
            imageHeight=self._page.height,
            orientation=None if found.angle is None else number(_correction(found.angle)),
            primaryLanguage=language_name(found.language),
            readingDirection=_direction(found.direction),
        )
        if self._page.dpi:
            for name, value in zip("XY", self._page.dpi, strict=True):
                page.set(f"image{name}Resolution", number(value))
            page.set("imageResolutionUnit", "PPI")
        parts = [(_identity(block, index), block) for index, block in enumerate(blocks(found), 1)]
        if parts:
            group = child(child(page, "ReadingOrder"), "OrderedGroup", id="reading_order")
            for index, (identity, _) in enumerate(parts):
                child(group, "RegionRefIndexed", index=index, regionRef=identity)
        for identity, block in parts:
            self._add_region(page, identity, block)
        return root

    def _add_metadata(self, metadata: ET.Element, created: datetime) -> None:
        child(metadata, "Creator").text = f"penstock {__version__}"
        for name in ("Created", "LastChange"):
            child(metadata, name).text = created.strftime("%Y-%m-%dT%H:%M:%SZ")
        if recognizer := allowed(self._recognition.recognizer):
            child(
                metadata,
                "MetadataItem",
                type="processingStep",
                name="recognition/text-recognition",
                value=recognizer,
            )

    def _add_region(self, page: ET.Element, identity: str, block: Block) -> None:
        region = block.region
        name = "TextRegion"
        if region is not None and not block.lines:
            name = REGIONS_WITHOUT_TEXT.get(region.kind, name)
        element = child(page, name, id=identity)
        self._place(element, block.outline)
        if name != "TextRegion":
            return
        if region is not None:
            _describe(element, region)
        for line in block.lines:
            self._add_line(element, line, block)
        if block.lines:
            _add_texts(element, "\n".join(line.text for line in block.lines))

    def _add_line(self, region: ET.Element, line: Line, block: Block) -> None:
        self._lines += 1
        element = child(
            region,
            "TextLine",
            id=f"line_{self._lines}",
            primaryLanguage=language_name(line.language),
            readingDirection=_direction(line.direction),
        )
        self._place(element, outline(line))
        child(element, "Baseline", points=pairs(self._canvas.points(baseline(line, block.direction))))
        for word in line.words:
            self._add_word(element, word)
        _add_texts(element, line.text, line.confidence, line.alternatives)

    def _add_word(self, line: ET.Element, word: Word) -> None:
        self._words += 1
        element = child(
            line,
            "Word",
            id=f"word_{self._words}",
            language=language_name(word.language),
            readingDirection=_direction(word.direction),
        )
        self._place(element, outline(word))
        text = _add_texts(element, word.text, 1.0 if word.corrected else word.confidence, word.alternatives)
        if word.corrected:
            text.set("comments", CORRECTED)

    def _place(self, element: ET.Element, points: Iterable[Point]) -> None:
        child(element, "Coords", points=pairs(self._canvas.place(points).outline))


def _identity(block: Block, index: int) -> str:
    return f"{GROUP_ID}{index}" if block.region is None else f"region_{index}"


def _correction(angle: float) -> float:
    """Return the angle that turns the text upright, as PAGE demands it: above -180, at most 180."""
    return 180 - (180 + angle) % 360


def _describe(element: ET.Element, region: Region) -> None:
    """Set type, language and direction of a text region."""
    if region.kind in TEXT_TYPES:
        element.set("type", region.kind)
    elif region.kind != "text":
        # The standard's list of types is closed. Transkribus and eScriptorium write other types like this.
        kind = allowed(region.kind).translate({ord(each): "_" for each in "{};:"})
        element.set("custom", f"structure {{type:{kind};}}")
    if language := language_name(region.language):
        element.set("primaryLanguage", language)
    if direction := _direction(region.direction):
        element.set("readingDirection", direction)


def _direction(direction: TextDirection | None) -> str | None:
    return None if direction is None else DIRECTIONS[direction]


def _add_texts(
    element: ET.Element,
    text: str,
    confidence: float | None = None,
    alternatives: tuple[Alternative, ...] = (),
) -> ET.Element:
    """Append the text and its alternatives, and return the element of the text."""
    first = child(element, "TextEquiv", conf=None if confidence is None else number(confidence))
    child(first, "Unicode").text = text
    if alternatives:
        first.set("index", "0")
    for index, each in enumerate(alternatives, 1):
        conf = None if each.confidence is None else number(each.confidence)
        child(child(element, "TextEquiv", index=index, conf=conf), "Unicode").text = each.text
    return first
