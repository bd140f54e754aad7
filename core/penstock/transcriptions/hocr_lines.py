"""The lines, words and regions of one hOCR page."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

from penstock.geometry import Point, Quad
from penstock.model import Region, TextDirection
from penstock.transcriptions.drafts import (
    Box,
    LineDraft,
    Size,
    WordDraft,
    finished_lines,
    outlined_quad,
    without_far_places,
)
from penstock.transcriptions.findings import Findings
from penstock.transcriptions.hocr_classes import BLOCKS, KINDS_WITHOUT_TEXT, LINES, LINES_OR_BLOCKS
from penstock.transcriptions.hocr_properties import (
    Properties,
    baseline_in,
    box_of,
    numbers_in,
    properties_of,
)
from penstock.transcriptions.hocr_text import (
    UNREAD_TAGS,
    WORDS,
    Piece,
    alternatives_of,
    box_of_letters,
    class_of,
    has_spaces,
    inner_properties,
    line_pieces,
    word_text,
)
from penstock.transcriptions.languages import language_tag
from penstock.transcriptions.markup_page import Inherited, PageContent, scale_confidences
from penstock.transcriptions.numbers import number_of, points_of
from penstock.transcriptions.page_places import bounds
from penstock.transcriptions.xml_input import Element, local_name

_DIRECTIONS: dict[str, TextDirection] = {"ltr": "ltr", "rtl": "rtl"}
_XML_LANG = "{http://www.w3.org/XML/1998/namespace}lang"
_LEAST_OVERLAP = 0.5
"""Share of the lower height that words outside lines have in common if they stand beside each other."""


@dataclass(slots=True)
class _Block:
    """A region that is kept once a line or a picture needs it."""

    kind: str
    polygon: tuple[Point, ...]
    language: str | None
    direction: TextDirection | None
    index: int | None = None


@dataclass(frozen=True, slots=True)
class _Context(Inherited):
    """What an element inherits."""

    block: _Block | None = None


class HocrPage:
    """Reads the content of an ``ocr_page`` element.

    Parameters
    ----------
    element
        The page.
    size
        Width and height of the page in pixels; None if they are not known.
    findings
        Receives what cannot be read.
    is_spaced
        Whether the file has all spaces between words; they are not added then.
    """

    def __init__(
        self, element: Element, size: Size | None, findings: Findings, *, is_spaced: bool = False
    ) -> None:
        self._findings = findings
        self._blocks: list[_Block] = []
        self._drafts: list[LineDraft] = []
        self._loose: list[WordDraft] = []  # words outside lines
        self._is_spaced = is_spaced or has_spaces(element)
        properties = properties_of(element.get("title"))
        context = self._inherited(element, properties, _Context())
        self._angle = number_of(properties.get("textangle"))
        self._language = context.language
        self._visit_children(element, context)
        scale_confidences(self._drafts, _confidence_unit, "a confidence is not from 0 to 100", self._findings)
        self._size = without_far_places(self._drafts, size, findings)

    def content(self) -> PageContent:
        """Return what was read."""
        regions = [
            Region(
                block.kind,
                block.polygon,
                block.language,
                block.direction,
            )
            for block in self._blocks
        ]
        lines = finished_lines(self._drafts, regions, self._size, self._findings)
        for index, region in enumerate(regions):
            corners = [corner for line in lines if line.region == index for corner in line.quad.corners]
            if not region.polygon and corners:
                regions[index] = replace(region, polygon=Quad.from_box(*bounds(corners)).corners)
        return PageContent(lines, tuple(regions), self._size, self._language, self._angle)

    def _inherited(self, element: Element, properties: Properties, context: _Context) -> _Context:
        language = language_tag(element.get("lang") or element.get(_XML_LANG))
        direction = _DIRECTIONS.get(element.get("dir") or "")
        return context.within(language, direction, number_of(properties.get("textangle")))

    def _visit_children(self, element: Element, context: _Context) -> None:
        self._add_text(element.text, context)
        for child in element:
            if local_name(child) not in UNREAD_TAGS:
                self._visit(child, context)
            self._add_text(child.tail, context)
        self._end_loose_line(context)

    def _visit(self, element: Element, context: _Context) -> None:
        kind = class_of(element)
        properties = properties_of(element.get("title"))
        own = self._inherited(element, properties, context)
        if kind in WORDS:
            self._add_loose_word(element, own)
            return
        self._end_loose_line(context)
        if kind in LINES or (kind in LINES_OR_BLOCKS and _is_line(element)):
            self._add_line(element, properties, own, LINES_OR_BLOCKS.get(kind))
            return
        term = BLOCKS.get(kind) or LINES_OR_BLOCKS.get(kind) or KINDS_WITHOUT_TEXT.get(kind)
        if term:
            block = _Block(
                properties.get("x_type") or term,
                self._polygon(properties) or self._corners(properties),
                own.language,
                own.direction,
            )
            parent = own.block
            # penstock writes one paragraph with the place of its region in each region.
            if kind != "ocr_par" or parent is None or not block.polygon or parent.polygon != block.polygon:
                own = replace(own, block=block)
            if kind in KINDS_WITHOUT_TEXT and block.polygon:
                self._index_of(block)
        self._visit_children(element, own)

    def _index_of(self, block: _Block | None) -> int | None:
        if block is not None and block.index is None:
            block.index = len(self._blocks)
            self._blocks.append(block)
        return None if block is None else block.index

    def _add_text(self, text: str | None, context: _Context) -> None:
        """Add text outside lines as lines without a place."""
        if text and not text.isspace():
            self._end_loose_line(context)
            for part in text.splitlines():
                if part := " ".join(part.split()):
                    self._drafts.append(self._draft(part, [], context))

    def _draft(self, text: str, words: list[WordDraft], context: _Context) -> LineDraft:
        language = context.language or _most_frequent([word.language for word in words])
        for word in words:
            word.language = None if word.language == language else word.language
            word.direction = None if word.direction == context.direction else word.direction
        return LineDraft(
            text,
            words,
            language=language,
            direction=context.direction,
            angle=context.angle,
            region=self._index_of(context.block),
        )

    def _add_line(
        self, element: Element, properties: Properties, context: _Context, term: str | None
    ) -> None:
        text, pieces = line_pieces(element, is_spaced=self._is_spaced)
        if not text:
            return
        words = self._words(pieces, context)
        draft = self._draft(text, words, context)
        if term and context.block and context.block.kind in ("paragraph", "text"):
            context.block.kind = term
        draft.box = self._box(properties)
        draft.confidence = number_of(properties.get("x_wconf"))
        if draft.box and "baseline" in properties and round(context.angle / 90) % 4 == 0:
            draft.baseline = baseline_in(properties["baseline"], draft.box)
        draft.polygon = self._polygon(properties)
        if draft.polygon:
            draft.quad = outlined_quad(draft.polygon, draft.baseline, draft.angle)
        self._drafts.append(draft)

    def _add_loose_word(self, element: Element, context: _Context) -> None:
        text = " ".join(word_text(element).split())
        if not text:
            return
        word = self._word(text, element, context)
        if self._loose and not _stand_beside(self._loose[-1].box, word.box):
            self._end_loose_line(context)
        self._loose.append(word)

    def _end_loose_line(self, context: _Context) -> None:
        if self._loose:
            words, self._loose = self._loose, []
            self._drafts.append(self._draft(" ".join(word.text for word in words), words, context))

    def _words(self, pieces: Sequence[Piece], context: _Context) -> list[WordDraft]:
        words: list[WordDraft] = []
        for piece in pieces:
            if piece.word is not None:
                words.append(self._word(piece.text, piece.word, context))
            elif words and not piece.is_apart:
                words[-1].text += piece.text
            else:
                words += map(WordDraft, piece.text.split())
        return words

    def _word(self, text: str, element: Element, context: _Context) -> WordDraft:
        properties = properties_of(element.get("title"))
        own = self._inherited(element, properties, context)
        box = self._box(properties)
        if len(element):
            properties |= inner_properties(element)
            box = box or box_of_letters(element)
        confidence = number_of(properties.get("x_wconf"))
        if confidence is None and (confidences := numbers_in(properties.get("x_confs"))):
            confidence = math.fsum(confidences) / len(confidences)
        return WordDraft(
            text,
            box,
            confidence,
            polygon=self._polygon(properties) if "poly" in properties else (),
            alternatives=alternatives_of(element),
            corrected=properties.get("x_corrected") == "1",
            language=own.language,
            direction=own.direction,
        )

    def _box(self, properties: Properties) -> Box | None:
        """Return the place of an element; None if it has no usable one."""
        given = properties.get("bbox")
        if given is None:
            return None
        box = box_of(given)
        if box is None:
            self._findings.add("a bbox is not four numbers", given[:40])
            return None
        if box[0] == box[2] or box[1] == box[3]:
            self._findings.add("a bbox has no area", given)
            return None
        return box

    def _corners(self, properties: Properties) -> tuple[Point, ...]:
        box = self._box(properties)
        return Quad.from_box(*box).corners if box else ()

    def _polygon(self, properties: Properties) -> tuple[Point, ...]:
        """Return the outline of an element; empty if it has none beside its box."""
        given = properties.get("poly")
        if given is None:
            return ()
        points = points_of(given)
        if points is None:
            self._findings.add("a poly is not pairs of numbers", given[:40])
        return points if points and len(points) > 2 else ()


def _confidence_unit(confidences: Sequence[float]) -> float:
    """Return the value that means certainty.

    hOCR has percentages. kraken and some others write numbers from 0 to 1.
    """
    is_share = any(0 < confidence < 1 for confidence in confidences) and max(confidences) <= 1
    return 1.0 if is_share else 100.0


def _is_line(element: Element) -> bool:
    """Return whether an element that can be a line or a block has no lines or blocks in it."""
    inner = (class_of(child) for child in element.iterdescendants())
    return not any(name in LINES or name in BLOCKS or name in LINES_OR_BLOCKS for name in inner)


def _stand_beside(first: Box | None, second: Box | None) -> bool:
    """Return whether two words stand in one row; True if a place is not known."""
    if first is None or second is None:
        return True
    (_, top, _, bottom), (_, other_top, _, other_bottom) = first, second
    common = min(bottom, other_bottom) - max(top, other_top)
    return common >= _LEAST_OVERLAP * min(bottom - top, other_bottom - other_top)


def _most_frequent(languages: Sequence[str | None]) -> str | None:
    known = [language for language in languages if language]
    return max(known, key=known.count) if known else None
