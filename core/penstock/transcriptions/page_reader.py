"""Reads PAGE XML: https://github.com/PRImA-Research-Lab/PAGE-XML.

Versions 2010 to 2019 differ in few elements, so names are compared without their namespace. Programs write
more than the standard allows, such as Transkribus's ``TranskribusMetadata`` and ``TableCell``.

Text that is marked as deleted or unclear is on the page, so a reader of the PDF searches for it: it stays.
Words in an unclear part are marked as uncertain. A hyphen at the end of a line stays as it is written (¬).
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

from penstock.geometry import Quad, quad_around
from penstock.model import Line, Recognition, Region
from penstock.render.scripts import is_right_to_left
from penstock.transcriptions.layout import GROUP_ID
from penstock.transcriptions.numbers import LARGEST
from penstock.transcriptions.outlines import facing, rows
from penstock.transcriptions.page_lines import LineReader, Surroundings
from penstock.transcriptions.page_places import children, described
from penstock.transcriptions.page_regions import lines_in_order, region_of, regions_in_order
from penstock.transcriptions.page_texts import Text, direction_of, language_of, text_angle, text_of
from penstock.transcriptions.values import TranscribedPage
from penstock.transcriptions.word_places import split_words
from penstock.transcriptions.xml_input import Element, MarkupFile, local_name

LONGEST_NAME = 200  # characters of the recognizer's name
CM_PER_INCH = 2.54
MOST_PROBLEMS = 20  # of a page that are listed

_TRANSKRIBUS = re.compile(r"\bname=([^:\n]+)(?::(?:version|v)=([^:\n]+))?")


def read_page_xml(path: Path) -> Iterator[TranscribedPage]:
    """Iterate over the pages of a PAGE XML file. The standard has one.

    Raises InvalidTranscription if the file cannot be read.
    """
    markup = MarkupFile(path)
    recognizer, number = "", None
    for element in markup.elements(("Metadata", "Page")):
        if local_name(element) == "Metadata":
            recognizer, number = _recognizer(element), _page_number(element)
        else:
            page = _PageReader(element).page(recognizer, number)
            yield replace(page, problems=(*markup.take_problems(), *page.problems))


def _recognizer(metadata: Element) -> str:
    """Return the names and versions of the programs that read the text; else those of the file's creator."""
    steps = [
        each.get("value", "")
        for each in children(metadata, "MetadataItem")
        if each.get("type") == "processingStep" and "recognition" in each.get("name", "")
    ]
    creator = " ".join("".join(each.itertext()) for each in children(metadata, "Creator")[:1])
    if found := _TRANSKRIBUS.search(creator):
        creator = " ".join(part for part in found.groups() if part)
    names = list(dict.fromkeys(filter(None, steps))) or [creator]
    return " ".join(", ".join(names).split())[:LONGEST_NAME]


def _page_number(metadata: Element) -> int | None:
    for each in children(metadata, "TranskribusMetadata"):
        if each.get("pageNr", "").isdecimal():
            return int(each.get("pageNr")) or None
    return None


class _PageReader:
    """Reads one page."""

    def __init__(self, page: Element) -> None:
        self._page = page
        self._problems: list[str] = []
        self._lines = LineReader(self._problems)
        self._empty = 0  # lines without text
        self._width, self._height = self._side("imageWidth"), self._side("imageHeight")

    def page(self, recognizer: str, number: int | None) -> TranscribedPage:
        regions: list[Region] = []
        lines: list[Line] = []
        for element in [*regions_in_order(self._page, self._problems), self._page]:
            index = None
            if element is not self._page and not element.get("id", "").startswith(GROUP_ID):
                index = len(regions)
                regions.append(region_of(element, self._problems))
            lines += self._lines_of(element, index, regions)
        recognition = Recognition(
            tuple(lines),
            text_angle(self._page),
            recognizer,
            language_of(self._page),
            regions=tuple(regions),
            direction=direction_of(self._page),
        )
        self._summarize(lines)
        return TranscribedPage(
            recognition,
            self._width,
            self._height,
            self._page.get("imageFilename", "").strip(),
            self._dpi(),
            number,
            tuple(_shortened(self._problems)),
        )

    def _lines_of(self, element: Element, index: int | None, regions: list[Region]) -> list[Line]:
        region = None if index is None else regions[index]
        angle = text_angle(_inherited(element, "orientation"))
        around = Surroundings(index, angle, direction_of(_inherited(element, "readingDirection")))
        order = _inherited(element, "textLineOrder").get("textLineOrder", "")
        elements = lines_in_order(element, order, angle or 0.0)
        texts = [self._lines.text(each) for each in elements]
        if not any(text.text for text in texts):
            texts = self._texts_of_region(element) or texts
            if len(texts) != len(elements):
                return self._spread([text.text for text in texts], element, region, around)
        lines, unplaced = [], []
        for each, text in zip(elements, texts, strict=True):
            if not text.text.strip():
                self._empty += 1
            elif line := self._lines.line(each, text, around):
                lines.append(line)
            else:
                unplaced.append(text.text.strip())
        return lines + self._spread(unplaced, element, region, around)

    def _texts_of_region(self, element: Element) -> list[Text]:
        """Return the lines of a region's own text; none if a part of the region has a text."""
        if element is self._page or any(
            "".join(each.itertext()).strip()
            for each in element.iter("{*}TextEquiv")
            if each.getparent() is not element
        ):
            return []
        own = text_of(element, self._problems)
        return [Text(text.strip()) for text in own.text.splitlines() if text.strip()]

    def _spread(
        self, texts: list[str], element: Element, region: Region | None, around: Surroundings
    ) -> list[Line]:
        """Return lines spread over a region, or over the page if the region has no place."""
        if not texts:
            return []
        place = self._place(region, around.angle or 0.0)
        if place is None:
            self._problems.append(f"the text of {described(element)} has no place: {texts[0][:60]!r}")
            return []
        if region is None or not region.polygon:
            what = "has no place, so it is spread over the page"
            self._problems.append(f"the text of {described(element)} {what}")
        is_rtl = around.direction == "rtl" or is_right_to_left(texts[0])
        lines = [
            Line(text, quad, language=language_of(element), region=around.region)
            for text, quad in zip(texts, rows(place, texts, is_right_to_left=is_rtl), strict=True)
        ]
        return [replace(line, words=split_words(line)) for line in lines]

    def _place(self, region: Region | None, angle: float) -> Quad | None:
        if region is not None and region.polygon:
            return facing(quad_around(region.polygon), angle)
        if self._width and self._height:
            return facing(Quad.from_box(0.0, 0.0, self._width, self._height), angle)
        return None

    def _summarize(self, lines: list[Line]) -> None:
        """Note what concerns many lines in one clause each, and lines that are not on the page."""
        if self._empty:
            self._problems.append(f"{_lines_have(self._empty)} no text")
        if self._lines.contradicted:
            what = "words that differ from its text, which was kept"
            self._problems.append(f"{_lines_have(self._lines.contradicted)} {what}")
        if self._width and self._height:
            outside = [line for line in lines if self._is_outside(line.quad)]
            if outside:
                shown = outside[0].text[:60]
                self._problems.append(f"{_lines_have(len(outside))} a place outside the page: {shown!r}")

    def _is_outside(self, quad: Quad) -> bool:
        left, top, right, bottom = quad.bounds
        return right <= 0 or bottom <= 0 or left >= (self._width or 0) or top >= (self._height or 0)

    def _side(self, name: str) -> float | None:
        given = self._page.get(name, "")
        try:
            value = float(given)
        except ValueError:
            value = math.nan
        if 0 < value <= LARGEST:
            return value
        self._problems.append(f'{name} must be a number of pixels above 0, got "{given[:40]}"')
        return None

    def _dpi(self) -> tuple[float, float] | None:
        """Return the resolution in pixels per inch, if the unit is an inch or a centimetre."""
        factor = {"PPI": 1.0, "PPCM": CM_PER_INCH}.get(self._page.get("imageResolutionUnit", ""))
        try:
            across, down = (float(self._page.get(f"image{axis}Resolution", "")) for axis in "XY")
        except ValueError:
            return None
        is_usable = factor and 0 < across < math.inf and 0 < down < math.inf
        return (across * factor, down * factor) if factor and is_usable else None


def _shortened(problems: list[str]) -> list[str]:
    """Return the problems; most of them are alike if there are many."""
    more = len(problems) - MOST_PROBLEMS
    return problems if more <= 0 else [*problems[:MOST_PROBLEMS], f"{more} more problems of this kind"]


def _lines_have(count: int) -> str:
    return "1 line has" if count == 1 else f"{count} lines have"


def _inherited(element: Element, name: str) -> Element:
    """Return the nearest element outwards that has an attribute, else the element itself."""
    for each in (element, *element.iterancestors()):
        if each.get(name):
            return each
    return element
