"""The lines, words and regions of one ALTO page."""

from __future__ import annotations

from dataclasses import dataclass, replace

from penstock.geometry import Point, Quad
from penstock.model import Region, TextDirection
from penstock.transcriptions.alto_head import AltoHead
from penstock.transcriptions.alto_kinds import KINDS_WITHOUT_TEXT
from penstock.transcriptions.alto_places import AltoPlaces
from penstock.transcriptions.alto_words import AltoWords
from penstock.transcriptions.drafts import (
    LineDraft,
    Size,
    outlined_quad,
    without_far_places,
)
from penstock.transcriptions.findings import Findings
from penstock.transcriptions.finished_lines import finished_lines
from penstock.transcriptions.languages import language_tag
from penstock.transcriptions.layout import GROUP_ID
from penstock.transcriptions.markup_page import Inherited, PageContent, scale_confidences
from penstock.transcriptions.numbers import confidence_unit, number_of
from penstock.transcriptions.outlines import bounds, upright_baseline
from penstock.transcriptions.xml_input import Element, local_name

DIRECTIONS: dict[str, TextDirection] = {"ltr": "ltr", "rtl": "rtl", "ttb": "ttb", "btt": "btt"}
VERTICAL = ("ttb", "btt")


@dataclass(frozen=True, slots=True)
class _Context(Inherited):
    """What an element inherits."""

    region: int | None = None


class AltoPage:
    """Reads the content of a ``Page`` element.

    Parameters
    ----------
    element
        The page.
    head
        What the file says about itself.
    size
        Width and height of the page in the unit of the file; None if they are not known.
    findings
        Receives what cannot be read.
    """

    def __init__(self, element: Element, head: AltoHead, size: Size | None, findings: Findings) -> None:
        self._head, self._findings = head, findings
        self._regions: list[Region] = []
        self._drafts: list[LineDraft] = []
        self._ids: list[tuple[str, str]] = []  # of the block and line of each draft
        self._places = AltoPlaces(findings)
        has_spaces = next(element.iter("{*}SP"), None) is not None
        self._words = AltoWords(self._places, has_spaces=has_spaces, is_own=head.is_own)
        context = self._inherited(element, _Context())
        self._language = context.language
        self._angle = number_of(element.get("ROTATION"))
        self._visit(element, context)
        self._sort()
        scale_confidences(
            self._drafts, confidence_unit, "a confidence (WC) is not from 0 to 1", self._findings
        )
        self._size = without_far_places(self._drafts, size, findings)

    def content(self) -> PageContent:
        """Return what was read."""
        lines = finished_lines(self._drafts, self._regions, self._size, self._findings)
        return PageContent(lines, tuple(self._regions), self._size, self._language, self._angle)

    def _inherited(self, element: Element, context: _Context) -> _Context:
        language = language_tag(element.get("LANG") or element.get("language"))
        direction = DIRECTIONS.get(element.get("BASEDIRECTION") or "")
        angle = number_of(element.get("ROTATION"))
        return context.within(language, direction, angle)

    def _visit(self, element: Element, context: _Context) -> None:
        for child in element:
            name = local_name(child)
            if name == "TextLine":
                self._add_line(child, self._inherited(child, context), "")
            elif name == "TextBlock":
                self._add_block(child, self._inherited(child, context))
            elif name in KINDS_WITHOUT_TEXT:
                self._add_region(child, self._head.kind_of(child) or KINDS_WITHOUT_TEXT[name], context)
            elif name != "Shape":
                self._visit(child, self._inherited(child, context))

    def _add_block(self, block: Element, context: _Context) -> None:
        region = self._add_region(block, self._head.kind_of(block) or "text", context)
        context = replace(context, region=region)
        for line in block.iterchildren("{*}TextLine"):
            self._add_line(line, self._inherited(line, context), block.get("ID") or "")

    def _add_region(self, block: Element, kind: str, context: _Context) -> int | None:
        """Add the region of a block; eScriptorium writes dummy blocks for lines outside regions."""
        if (block.get("ID") or "").startswith(GROUP_ID):
            return None
        polygon = self._places.polygon(block)
        if not polygon:
            box = self._places.box(block, "")
            if box is None:
                return None
            polygon = Quad.from_box(*box).corners
        self._regions.append(Region(kind, polygon, context.language, context.direction))
        return len(self._regions) - 1

    def _add_line(self, element: Element, context: _Context, block: str) -> None:
        text, words = self._words.text_and_words(element, context.language)
        if not text:
            return
        polygon = self._places.polygon(element)
        box = self._places.box(element, text)
        baseline = self._places.baseline(element, box)
        if len(words) == 1 and baseline and words[0].box == box:
            words[0].box = None  # the whole line as one word, which is to follow the baseline
        outline = polygon or (Quad.from_box(*box).corners if box else ())
        baseline = upright_baseline(baseline, outline, is_right_to_left=context.direction == "rtl")
        draft = LineDraft(
            text,
            words,
            box or (bounds(polygon) if polygon else None),
            _quarter_turn(baseline) if baseline else context.angle,
            baseline,
            polygon,
            language=context.language,
            direction=context.direction,
            region=context.region,
        )
        if context.direction in VERTICAL:
            draft.angle = 0.0
        elif polygon:
            draft.quad = outlined_quad(polygon, baseline, draft.angle)
        self._drafts.append(draft)
        self._ids.append((block, element.get("ID") or ""))

    def _sort(self) -> None:
        """Put the lines in the order that the file gives, if it gives one for the page's blocks or lines."""
        ranks = {name: rank for rank, name in reversed(list(enumerate(self._head.order)))}
        if not any(block in ranks or line in ranks for block, line in self._ids):
            return
        rank, keyed = -1, []
        for index, (block, line) in enumerate(self._ids):
            rank = ranks.get(line, ranks.get(block, rank))
            keyed.append((rank, index))
        self._drafts = [self._drafts[index] for _, index in sorted(keyed)]


def _quarter_turn(baseline: tuple[Point, ...]) -> float:
    """Return the angle of a baseline, counter-clockwise, in whole quarter turns."""
    (x1, y1), (x2, y2) = baseline[0], baseline[-1]
    if abs(x2 - x1) >= abs(y2 - y1):
        return 0.0 if x2 >= x1 else 180.0
    return 270.0 if y2 > y1 else 90.0
