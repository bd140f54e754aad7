"""Writes ALTO 4.4: https://www.loc.gov/standards/alto/."""

from __future__ import annotations

from xml.etree import ElementTree as ET

from penstock.model import Line, RecognizedPage, Word
from penstock.transcriptions.alto_kinds import ELEMENTS_WITHOUT_TEXT
from penstock.transcriptions.layout import GROUP_ID, Block, baseline, blocks, gaps, outline, picture_file_name
from penstock.transcriptions.xml_text import (
    Canvas,
    Place,
    allowed,
    child,
    cleaned,
    is_language,
    number,
    pairs,
    xml_file,
)
from penstock.version import __version__

NAMESPACE = "http://www.loc.gov/standards/alto/ns-v4#"
_ROOT = {
    "xmlns": NAMESPACE,
    "xmlns:xsi": "http://www.w3.org/2001/XMLSchema-instance",
    "xsi:schemaLocation": f"{NAMESPACE} http://www.loc.gov/standards/alto/v4/alto-4-4.xsd",
    "SCHEMAVERSION": "4.4",
}


def alto_page(page: RecognizedPage) -> bytes:
    """Return an ALTO file of one page, with coordinates in pixels."""
    return xml_file(_PageWriter(page).element())


class _PageWriter:
    """Makes the elements of one page."""

    def __init__(self, page: RecognizedPage) -> None:
        self._page = page.page
        self._recognition = cleaned(page.recognition)
        self._canvas = Canvas(page.page.width, page.page.height)
        self._tags: dict[str, str] = {}
        self._lines = self._strings = 0

    def element(self) -> ET.Element:
        found = self._recognition
        root = ET.Element("alto", _ROOT)
        self._add_description(child(root, "Description"))
        parts = list(blocks(found))
        kinds = (block.region.kind for block in parts if block.region and block.region.kind != "text")
        for count, kind in enumerate(dict.fromkeys(kinds), 1):
            self._tags[kind] = f"type_{count}"
        if self._tags:
            tags = child(root, "Tags")
            for kind, identity in self._tags.items():
                # eScriptorium and kraken read the types of regions from elements of this kind.
                text = allowed(kind)
                child(tags, "OtherTag", ID=identity, LABEL=text, DESCRIPTION=f"block type {text}")
        size = {"WIDTH": self._page.width, "HEIGHT": self._page.height}
        page = child(child(root, "Layout"), "Page", ID="page", PHYSICAL_IMG_NR=self._page.number, **size)
        _set_language(page, found.language)
        if found.angle is not None:
            page.set("ROTATION", number(-found.angle))
        space = child(page, "PrintSpace", HPOS=0, VPOS=0, **size)
        for index, block in enumerate(parts, 1):
            self._add_block(space, block, index)
        return root

    def _add_description(self, description: ET.Element) -> None:
        child(description, "MeasurementUnit").text = "pixel"
        source = child(description, "sourceImageInformation")
        child(source, "fileName").text = allowed(picture_file_name(self._page))
        if self._recognition.recognizer:
            name, _, version = allowed(self._recognition.recognizer).rpartition(" ")
            _add_processing(
                description, "recognition", "contentGeneration", name or version, version if name else ""
            )
        _add_processing(description, "export", "other", "penstock", __version__)

    def _add_block(self, space: ET.Element, block: Block, index: int) -> None:
        region = block.region
        name = "TextBlock"
        if region is not None and not block.lines:
            name = ELEMENTS_WITHOUT_TEXT.get(region.kind, name)
        identity = f"{GROUP_ID}{index}" if region is None else f"block_{index}"
        element = child(space, name, ID=identity)
        _set_place(element, self._canvas.place(block.outline))
        if region is not None:
            if region.kind in self._tags:
                element.set("TAGREFS", self._tags[region.kind])
            if name == "TextBlock":
                _set_language(element, region.language)
        # A page has no attribute for the direction.
        _set_direction(element, block.direction)
        for line in block.lines:
            self._add_line(element, line, block)

    def _add_line(self, parent: ET.Element, line: Line, block: Block) -> None:
        self._lines += 1
        element = child(parent, "TextLine", ID=f"line_{self._lines}")
        _set_place(element, self._canvas.place(outline(line)))
        element.set("BASELINE", pairs(self._canvas.points(baseline(line, block.direction))))
        _set_language(element, line.language)
        _set_direction(element, line.direction)
        if not line.words:
            # The whole line as one string, as eScriptorium and kraken write it.
            words: tuple[Word, ...] = (Word(line.text, line.quad, line.confidence, polygon=line.polygon),)
        else:
            words = line.words
        between = gaps(line) if line.words else None
        before = None
        for index, word in enumerate(words):
            place = self._canvas.place(outline(word))
            if before and (between is None or any(map(str.isspace, between[index]))):
                _add_space(element, before, place)
            self._add_string(element, word, place)
            before = place

    def _add_string(self, line: ET.Element, word: Word, place: Place) -> None:
        self._strings += 1
        element = child(line, "String", ID=f"string_{self._strings}", CONTENT=word.text)
        _set_place(element, place)
        if word.corrected:
            element.set("CS", "true")
            element.set("WC", "1")
        elif word.confidence is not None:
            element.set("WC", number(word.confidence))
        _set_language(element, word.language)
        for alternative in word.alternatives:
            child(element, "ALTERNATIVE").text = alternative.text


def _add_space(line: ET.Element, before: Place, after: Place) -> None:
    """Append a space that fills the distance between two words of a horizontal line."""
    start, end = (before.right, after.left) if before.right <= after.left else (after.right, before.left)
    if start <= end:
        height = before.bottom - before.top
        child(line, "SP", HPOS=start, VPOS=before.top, WIDTH=end - start, HEIGHT=height)
    else:
        child(line, "SP")


def _set_place(element: ET.Element, place: Place) -> None:
    """Set the box of a place, and append its polygon if the box does not say everything."""
    left, top, right, bottom, points = place
    for name, value in (("HPOS", left), ("VPOS", top), ("WIDTH", right - left), ("HEIGHT", bottom - top)):
        element.set(name, str(value))
    if not place.is_box:
        child(child(element, "Shape"), "Polygon", POINTS=pairs(points))


def _add_processing(description: ET.Element, step: str, category: str, name: str, version: str) -> None:
    processing = child(description, "Processing", ID=step)
    child(processing, "processingCategory").text = category
    child(processing, "processingStepDescription").text = step
    software = child(processing, "processingSoftware")
    child(software, "softwareName").text = name
    if version:
        child(software, "softwareVersion").text = version


def _set_language(element: ET.Element, language: str | None) -> None:
    if language is not None and is_language(language):
        element.set("LANG", language)


def _set_direction(element: ET.Element, direction: str | None) -> None:
    if direction is not None:
        element.set("BASEDIRECTION", direction)
