"""The lines, words and regions of one ALTO page."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

from penstock.geometry import Point, Quad
from penstock.model import Alternative, Region, TextDirection
from penstock.render.scripts import is_unspaced, natural_width
from penstock.transcriptions.alto_head import AltoHead
from penstock.transcriptions.alto_kinds import KINDS_WITHOUT_TEXT
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
from penstock.transcriptions.languages import language_tag
from penstock.transcriptions.layout import GROUP_ID
from penstock.transcriptions.markup_page import Inherited, PageContent, scale_confidences
from penstock.transcriptions.numbers import LARGEST, confidence_of, confidence_unit, number_of, points_of
from penstock.transcriptions.page_places import bounds, upright_baseline
from penstock.transcriptions.xml_input import Element, local_name

DIRECTIONS: dict[str, TextDirection] = {"ltr": "ltr", "rtl": "rtl", "ttb": "ttb", "btt": "btt"}
VERTICAL = ("ttb", "btt")
NARROW_GAP = 0.3
"""Share of a word's height up to which words without a space (SP) between them are joined."""
MOST_ALTERNATIVES = 10  # of one word, from the variants of its glyphs
HYPHEN = "-"


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
        self._places: list[tuple[str, str]] = []  # ids of the block and line of each draft
        self._has_spaces = next(element.iter("{*}SP"), None) is not None
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
        polygon = self._polygon(block)
        if not polygon:
            box = self._box(block, "")
            if box is None:
                return None
            polygon = Quad.from_box(*box).corners
        self._regions.append(Region(kind, polygon, context.language, context.direction))
        return len(self._regions) - 1

    def _add_line(self, element: Element, context: _Context, block: str) -> None:
        text, words = self._text_and_words(element, context)
        if not text:
            return
        polygon = self._polygon(element)
        box = self._box(element, text)
        baseline = self._baseline(element, box)
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
        self._places.append((block, element.get("ID") or ""))

    def _text_and_words(self, line: Element, context: _Context) -> tuple[str, list[WordDraft]]:
        """Return the text of a line as it stands in the line, with its hyphen, and its words."""
        words: list[WordDraft] = []
        text, is_apart = "", False
        for child in line:
            name = local_name(child)
            if name == "String":
                word = self._word(child, context)
                if word is None:
                    continue
                is_apart = is_apart or not self._is_joined(words, word)
                text += f" {word.text}" if text and is_apart else word.text
                words.append(word)
                is_apart = False
            elif name == "SP":
                is_apart = True
            elif name == "HYP" and words:
                text += self._add_hyphen(child, words[-1])
        return text, words

    def _is_joined(self, words: list[WordDraft], word: WordDraft) -> bool:
        """Return whether a word follows the last one without a space, if no SP stands between them."""
        if not words or self._head.is_own:
            return True
        unspaced = [is_unspaced(words[-1].text[-1]), is_unspaced(word.text[0])]
        if all(unspaced):
            return True
        before, after = words[-1].box, word.box
        if not (self._has_spaces or any(unspaced)) or before is None or after is None:
            return False
        gap = max(after[0] - before[2], before[0] - after[2])
        return gap <= NARROW_GAP * (before[3] - before[1])

    def _word(self, string: Element, context: _Context) -> WordDraft | None:
        content = string.get("CONTENT")
        has_children = len(string) > 0
        if content is None and has_children:
            content = "".join(glyph.get("CONTENT") or "" for glyph in string.iterchildren("{*}Glyph"))
        text = " ".join(content.split()) if content else ""
        if not text:
            return None
        polygon = self._polygon(string) if has_children else ()
        language = string.get("LANG") and language_tag(string.get("LANG"))
        return WordDraft(
            text,
            self._box(string, text) or (bounds(polygon) if polygon else None),
            number_of(string.get("WC")),
            polygon,
            _alternatives(string, text) if has_children or string.get("SUBS_CONTENT") else (),
            None if language == context.language else language,
            corrected=string.get("CS") in ("true", "1"),
        )

    def _add_hyphen(self, hyphen: Element, word: WordDraft) -> str:
        """Add the hyphen at the end of a line to the last word. Return what is added to the line."""
        text = hyphen.get("CONTENT") or HYPHEN
        if word.text.endswith(text):
            return ""
        word.text += text
        left, width = number_of(hyphen.get("HPOS")), number_of(hyphen.get("WIDTH"))
        if word.box and left is not None and width is not None and 0 < width <= word.box[2] - word.box[0]:
            word_left, top, right, bottom = word.box
            word.box = (min(left, word_left), top, max(right, left + width), bottom)
            word.polygon = ()
        return text

    def _polygon(self, element: Element) -> tuple[Point, ...]:
        for shape in element.iterchildren("{*}Shape"):
            for polygon in shape.iterchildren("{*}Polygon"):
                points = points_of(polygon.get("POINTS"))
                if points is None:
                    self._findings.add(
                        "the points of a polygon are not pairs of numbers", _described(element)
                    )
                    return ()
                left, top, right, bottom = bounds(points) if points else (0.0, 0.0, 0.0, 0.0)
                return points if len(points) > 2 and left < right and top < bottom else ()
        return ()

    def _box(self, element: Element, text: str) -> Box | None:
        """Return left, top, right and bottom; None without a usable box.

        kraken wrote lines without a width, which is then estimated from the text.
        """
        get = element.get
        try:
            left, top = float(get("HPOS")), float(get("VPOS"))
            width, height = float(get("WIDTH")), float(get("HEIGHT"))
        except (TypeError, ValueError):
            given = [get(name) for name in ("HPOS", "VPOS", "WIDTH", "HEIGHT")]
            if any(given) and (text or None not in given):
                self._findings.add("a box is not four plausible numbers", _described(element))
            return None
        if 0 < width <= LARGEST and 0 < height <= LARGEST and abs(left) <= LARGEST and abs(top) <= LARGEST:
            return left, top, left + width, top + height
        if width == 0 < height and text and max(map(abs, (left, top, height))) <= LARGEST:
            return left, top, left + natural_width(text) * height, top + height
        if width != 0 or height != 0:
            is_negative = width < 0 or height < 0
            what = "has a negative size" if is_negative else "is not four plausible numbers"
            self._findings.add(f"a box {what}", _described(element))
        return None

    def _baseline(self, line: Element, box: Box | None) -> tuple[Point, ...]:
        """Return the baseline, which ALTO gives as points or as one height."""
        given = line.get("BASELINE")
        if not given:
            return ()
        height = number_of(given)
        if height is not None:
            is_near = box is not None and 2 * box[1] - box[3] <= height <= 2 * box[3] - box[1]
            return ((box[0], height), (box[2], height)) if box and is_near else ()
        points = points_of(given)
        if points is None:
            self._findings.add("a baseline is not pairs of numbers", _described(line))
            return ()
        return points if len(points) > 1 and points[0] != points[-1] else ()

    def _sort(self) -> None:
        """Put the lines in the order that the file gives, if it gives one for the page's blocks or lines."""
        ranks = {name: rank for rank, name in reversed(list(enumerate(self._head.order)))}
        if not any(block in ranks or line in ranks for block, line in self._places):
            return
        rank, keyed = -1, []
        for index, (block, line) in enumerate(self._places):
            rank = ranks.get(line, ranks.get(block, rank))
            keyed.append((rank, index))
        self._drafts = [self._drafts[index] for _, index in sorted(keyed)]


def _quarter_turn(baseline: tuple[Point, ...]) -> float:
    """Return the angle of a baseline, counter-clockwise, in whole quarter turns."""
    (x1, y1), (x2, y2) = baseline[0], baseline[-1]
    if abs(x2 - x1) >= abs(y2 - y1):
        return 0.0 if x2 >= x1 else 180.0
    return 270.0 if y2 > y1 else 90.0


def _alternatives(string: Element, text: str) -> tuple[Alternative, ...]:
    """Return other texts of a word: of the whole hyphenated or abbreviated word, and from the glyphs."""
    whole = " ".join((string.get("SUBS_CONTENT") or "").split())
    found = [Alternative(whole)] if whole and whole != text else []
    glyphs = []
    for child in string:
        name = local_name(child)
        if name == "ALTERNATIVE":
            other = " ".join((child.text or "").split())
            if other and other != text:
                found.append(Alternative(other))
        elif name == "Glyph":
            glyphs.append(child)
    return (*found, *_variants(text, glyphs))[:MOST_ALTERNATIVES]


def _variants(text: str, glyphs: list[Element]) -> Iterator[Alternative]:
    """Iterate over the texts in which one glyph is replaced by a variant."""
    letters = [glyph.get("CONTENT") or "" for glyph in glyphs]
    if "".join(letters) != text:
        return
    for index, glyph in enumerate(glyphs):
        for variant in glyph.iterchildren("{*}Variant"):
            other = variant.get("CONTENT")
            if other and other != letters[index]:
                confidence = confidence_of(number_of(variant.get("VC")), 1.0)
                yield Alternative("".join([*letters[:index], other, *letters[index + 1 :]]), confidence)


def _described(element: Element) -> str:
    """Return an element's name and id for messages: ``TextLine l7``."""
    return f"{local_name(element)} {element.get('ID') or ''}".strip()
