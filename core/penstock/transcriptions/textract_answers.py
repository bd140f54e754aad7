"""Answers of Amazon Textract (``DetectDocumentText``, ``AnalyzeDocument``), also of several pages.

All blocks are in one list, and name their parts by ids. Places are shares of the page's width and height,
confidences are percentages. The size of the page is not given.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

from penstock.geometry import Quad
from penstock.model import Line, Recognition, Region
from penstock.transcriptions.answer_members import (
    LeftOut,
    ParsedWord,
    entries,
    number_of,
    placed_line,
    probability,
    quad_of,
    text_of,
)
from penstock.transcriptions.values import TranscribedPage

NAME = "Amazon Textract"
PERCENT = 100.0

_KINDS = {
    "LAYOUT_TITLE": "heading",
    "LAYOUT_SECTION_HEADER": "heading",
    "LAYOUT_HEADER": "header",
    "LAYOUT_FOOTER": "footer",
    "LAYOUT_PAGE_NUMBER": "page-number",
    "LAYOUT_FIGURE": "image",
    "LAYOUT_TABLE": "table",
    "LAYOUT_TEXT": "paragraph",
    "LAYOUT_LIST": "text",
    "LAYOUT_KEY_VALUE": "text",
}

Block = Mapping[str, Any]


def textract_pages(answer: object) -> Iterator[TranscribedPage]:
    """Iterate over the pages of an answer, or of the list of answers for one document."""
    answers = entries(answer) if isinstance(answer, list) else entries([answer])
    blocks: dict[int, list[Block]] = {}
    known: dict[str, Block] = {}
    model = ""
    for each in answers:
        model = model or _model(each)
        for block in entries(each.get("Blocks")):
            known[text_of(block.get("Id"))] = block
            blocks.setdefault(int(number_of(block.get("Page")) or 1), []).append(block)
    for number in sorted(blocks):
        yield _page(blocks[number], known, number, f"{NAME} {model}".strip())


def _model(answer: Block) -> str:
    names = ("DetectDocumentTextModelVersion", "AnalyzeDocumentModelVersion")
    return next(filter(None, (text_of(answer.get(name)) for name in names)), "")


def _page(
    blocks: Sequence[Block], known: Mapping[str, Block], number: int, recognizer: str
) -> TranscribedPage:
    left_out = LeftOut()
    regions: list[Region] = []
    lines: dict[str, Line | None] = {}
    for layout in blocks:
        # The layout is in reading order. The other lines are from top to bottom across columns.
        kind = _KINDS.get(_type(layout))
        if kind:
            quad = _quad(layout)
            for block in _parts(layout, known, "LINE"):
                lines.setdefault(text_of(block.get("Id")), _line(block, known, len(regions), left_out))
            regions.append(Region(kind, quad.corners if quad else ()))
    for block in blocks:
        if _type(block) == "LINE":
            identity = text_of(block.get("Id"))
            if identity not in lines:
                lines[identity] = _line(block, known, None, left_out)
    in_lines = {text_of(word.get("Id")) for identity in lines for word in _words_of(known[identity], known)}
    others = [each for each in blocks if _type(each) == "WORD" and text_of(each.get("Id")) not in in_lines]
    loose = [placed_line(word.text, word.quad, [word], left_out) for word in map(_word, others)]
    recognition = Recognition(
        tuple(line for line in (*lines.values(), *loose) if line),
        recognizer=recognizer,
        regions=tuple(regions),
    )
    problems = (left_out.note,) if left_out.note else ()
    return TranscribedPage(recognition, number=number, problems=problems, is_relative=True)


def _type(block: Block) -> str:
    return text_of(block.get("BlockType"))


def _parts(block: Block, known: Mapping[str, Block], kind: str) -> Iterator[Block]:
    """Iterate over the parts of a block that have a type, also those of nested layouts."""
    for relationship in entries(block.get("Relationships")):
        identities = relationship.get("Ids")
        if relationship.get("Type") == "CHILD" and isinstance(identities, list):
            for identity in identities:
                part = known.get(text_of(identity))
                if part is not None and _type(part) == kind:
                    yield part


def _words_of(line: Block, known: Mapping[str, Block]) -> Iterator[Block]:
    return _parts(line, known, "WORD")


def _line(block: Block, known: Mapping[str, Block], region: int | None, left_out: LeftOut) -> Line | None:
    given = list(_words_of(block, known))
    words = [word for word in map(_word, given) if word.text]
    line = placed_line(text_of(block.get("Text")), _quad(block), words, left_out, _handwritten(given))
    return line and replace(line, confidence=_confidence(block), region=region)


def _word(block: Block) -> ParsedWord:
    return ParsedWord(text_of(block.get("Text")), _quad(block), _confidence(block))


def _handwritten(words: Iterable[Block]) -> float | None:
    """Return the share of handwritten words; None if their kind is not given."""
    kinds = [word.get("TextType") for word in words]
    known = [kind for kind in kinds if kind in ("HANDWRITING", "PRINTED")]
    return known.count("HANDWRITING") / len(known) if known else None


def _confidence(block: Block) -> float | None:
    percent = number_of(block.get("Confidence"))
    return None if percent is None else probability(percent / PERCENT)


def _quad(block: Block) -> Quad | None:
    """Return a block's polygon, whose first corner is the top left of the upright text, or its box."""
    geometry = block.get("Geometry")
    if not isinstance(geometry, Mapping):
        return None
    if quad := quad_of(geometry.get("Polygon")):
        return quad
    box = geometry.get("BoundingBox")
    if not isinstance(box, Mapping):
        return None
    left, top, width, height = (number_of(box.get(name)) for name in ("Left", "Top", "Width", "Height"))
    if left is None or top is None or width is None or height is None:
        return None
    return Quad.from_box(left, top, left + width, top + height)
