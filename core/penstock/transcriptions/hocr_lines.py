"""The lines, words and regions of one hOCR page."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from penstock.transcriptions.drafts import (
    LineDraft,
    Size,
    WordDraft,
    outlined_quad,
    without_far_places,
)
from penstock.transcriptions.findings import Findings
from penstock.transcriptions.finished_lines import finished_lines
from penstock.transcriptions.hocr_blocks import Block, Blocks, placed_regions
from penstock.transcriptions.hocr_classes import BLOCKS, KINDS_WITHOUT_TEXT, LINES, LINES_OR_BLOCKS
from penstock.transcriptions.hocr_places import HocrPlaces
from penstock.transcriptions.hocr_properties import (
    Properties,
    baseline_in,
    inheritable,
    properties_of,
)
from penstock.transcriptions.hocr_text import (
    UNREAD_TAGS,
    WORDS,
    class_of,
    has_spaces,
    line_pieces,
    word_text,
)
from penstock.transcriptions.hocr_words import HocrWords, stand_beside
from penstock.transcriptions.markup_page import Inherited, PageContent, scale_confidences
from penstock.transcriptions.numbers import number_of
from penstock.transcriptions.xml_input import Element, local_name


@dataclass(frozen=True, slots=True)
class _Context(Inherited):
    """What an element inherits."""

    block: Block | None = None


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
        self._blocks = Blocks()
        self._places = HocrPlaces(findings)
        self._words = HocrWords(self._places)
        self._drafts: list[LineDraft] = []
        self._loose: list[WordDraft] = []  # words outside lines
        self._is_spaced = is_spaced or has_spaces(element)
        properties = properties_of(element.get("title"))
        context = _Context().within(*inheritable(element, properties))
        self._angle = number_of(properties.get("textangle"))
        self._language = context.language
        self._visit_children(element, context)
        scale_confidences(self._drafts, _confidence_unit, "a confidence is not from 0 to 100", self._findings)
        self._size = without_far_places(self._drafts, size, findings)

    def content(self) -> PageContent:
        """Return what was read."""
        regions = self._blocks.regions()
        lines = finished_lines(self._drafts, regions, self._size, self._findings)
        return PageContent(lines, placed_regions(regions, lines), self._size, self._language, self._angle)

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
        own = context.within(*inheritable(element, properties))
        if kind in WORDS:
            self._add_loose_word(element, own)
            return
        self._end_loose_line(context)
        if kind in LINES or (kind in LINES_OR_BLOCKS and _is_line(element)):
            self._add_line(element, properties, own, LINES_OR_BLOCKS.get(kind))
            return
        if term := BLOCKS.get(kind) or LINES_OR_BLOCKS.get(kind) or KINDS_WITHOUT_TEXT.get(kind):
            own = self._within_block(kind, term, properties, own)
        self._visit_children(element, own)

    def _within_block(self, kind: str, term: str, properties: Properties, context: _Context) -> _Context:
        """Return what the content of a block inherits."""
        name, place = properties.get("x_type") or term, self._places.region(properties)
        block = Block(name, place, context.language, context.direction)
        if kind in KINDS_WITHOUT_TEXT and place:
            self._blocks.index_of(block)
        parent = context.block
        # penstock writes one paragraph with the place of its region in each region.
        if kind == "ocr_par" and parent is not None and place and parent.polygon == place:
            return context
        return replace(context, block=block)

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
            region=self._blocks.index_of(context.block) if context.block else None,
        )

    def _add_line(
        self, element: Element, properties: Properties, context: _Context, term: str | None
    ) -> None:
        text, pieces = line_pieces(element, is_spaced=self._is_spaced)
        if not text:
            return
        words = self._words.words(pieces, context)
        draft = self._draft(text, words, context)
        if term and context.block and context.block.kind in ("paragraph", "text"):
            context.block.kind = term
        draft.box = self._places.box(properties)
        draft.confidence = number_of(properties.get("x_wconf"))
        if draft.box and "baseline" in properties and round(context.angle / 90) % 4 == 0:
            draft.baseline = baseline_in(properties["baseline"], draft.box)
        draft.polygon = self._places.polygon(properties)
        if draft.polygon:
            draft.quad = outlined_quad(draft.polygon, draft.baseline, draft.angle)
        self._drafts.append(draft)

    def _add_loose_word(self, element: Element, context: _Context) -> None:
        text = " ".join(word_text(element).split())
        if not text:
            return
        word = self._words.word(text, element, context)
        if self._loose and not stand_beside(self._loose[-1].box, word.box):
            self._end_loose_line(context)
        self._loose.append(word)

    def _end_loose_line(self, context: _Context) -> None:
        if self._loose:
            words, self._loose = self._loose, []
            self._drafts.append(self._draft(" ".join(word.text for word in words), words, context))


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


def _most_frequent(languages: Sequence[str | None]) -> str | None:
    known = [language for language in languages if language]
    return max(known, key=known.count) if known else None
