"""Answers of Google Cloud Vision (``TEXT_DETECTION``, ``DOCUMENT_TEXT_DETECTION``), also for files.

The REST API names members in camel case and breaks by words; the client libraries may write snake case and
numbers. Members that are 0 are left out. A page has blocks, paragraphs, words and symbols; lines end where a
symbol has a break that says so.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from penstock.geometry import Quad
from penstock.model import Homography, Line, Recognition, Region, Word
from penstock.transcriptions.answer_members import (
    LeftOut,
    entries,
    number_of,
    probability,
    quad_of,
    text_of,
    text_or_none,
)
from penstock.transcriptions.values import TranscribedPage

NAME = "Google Vision"
UNKNOWN = "und"  # the language that Vision does not know

SPACES = frozenset({"SPACE", "SURE_SPACE", "1", "2"})
HYPHEN = frozenset({"HYPHEN", "4"})
"""A hyphen at the end of a line that is left out of the symbols."""
LINE_ENDS = frozenset({"EOL_SURE_SPACE", "LINE_BREAK", "3", "5"}) | HYPHEN

LONGEST_GAP = 40  # characters between two words that follow each other in a text

_KINDS = {"TABLE": "table", "PICTURE": "image", "RULER": "separator", "BARCODE": "unknown"}
_KINDS |= {"2": "table", "3": "image", "4": "separator", "5": "unknown"}
_CAPITAL = re.compile(r"(?=[A-Z])")

Object = Mapping[str, Any]


def vision_pages(answer: object) -> Iterator[TranscribedPage]:
    """Iterate over the pages of an answer, or of a list of answers."""
    for response in _responses(answer):
        context = _object(response, "context")
        number = number_of(_member(context, "pageNumber"))
        picture = text_of(_member(context, "uri"))
        pages = entries(_member(_object(response, "fullTextAnnotation"), "pages"))
        problems = _errors(response)
        for page in pages or [{}]:
            yield _page(page, response, picture, int(number) if number else None, problems)


def _responses(answer: object) -> Iterator[Object]:
    """Iterate over the answers for single pictures. Those for files are nested in another one."""
    if isinstance(answer, list):
        for each in answer:
            yield from _responses(each)
    elif isinstance(answer, Mapping):
        nested = _member(answer, "responses")
        if isinstance(nested, list):
            yield from _responses(nested)
        else:
            yield answer


def _errors(response: Object) -> list[str]:
    message = text_of(_object(response, "error").get("message"))
    return [f"{NAME} answered: {message}"] if message else []


def _member(owner: Object, name: str) -> Any:
    """Return a member by its name in camel case or in snake case."""
    if name in owner:
        return owner[name]
    return owner.get(_CAPITAL.sub("_", name).lower())


def _object(owner: Object, name: str) -> Object:
    found = _member(owner, name)
    return found if isinstance(found, Mapping) else {}


def _page(
    page: Object, response: Object, picture: str, number: int | None, problems: list[str]
) -> TranscribedPage:
    places = _Places(number_of(page.get("width")) or None, number_of(page.get("height")) or None)
    regions: list[Region] = []
    lines: list[Line] = []
    left_out = LeftOut()
    for block in entries(page.get("blocks")):
        quad = places.quad(block)
        kind = _KINDS.get(text_of(_member(block, "blockType")), "text")
        regions.append(Region(kind, quad.corners if quad else ()))
        for paragraph in entries(block.get("paragraphs")):
            words = [_word(word, places) for word in entries(paragraph.get("words"))]
            lines += _lines(words, len(regions) - 1, left_out)
    if not lines:
        regions = []
        lines = _annotated_lines(response, places, left_out)
    recognition = Recognition(tuple(lines), recognizer=NAME, language=_language(page), regions=tuple(regions))
    return TranscribedPage(
        recognition,
        places.width,
        places.height,
        picture,
        number=number,
        problems=(*problems, *filter(None, [left_out.note])),
        is_relative=places.is_relative,
    )


@dataclass(slots=True)
class _Places:
    """Reads places in pixels, or in shares of the page if they have no pixels."""

    width: float | None
    height: float | None
    is_relative: bool = False

    def quad(self, owner: Object) -> Quad | None:
        """Return the box of a block, word or annotation; None without one."""
        box = _object(owner, "boundingBox") or _object(owner, "boundingPoly")
        if vertices := box.get("vertices"):
            return quad_of(vertices)
        quad = quad_of(_member(box, "normalizedVertices"))
        if quad is None:
            return None
        if self.width and self.height:
            return quad.mapped(Homography.scaling(self.width, self.height))
        self.is_relative = True
        return quad


@dataclass(slots=True)
class _VisionWord:
    text: str
    quad: Quad | None = None
    confidence: float | None = None
    language: str | None = None
    is_after_space: bool = False
    end: str = ""
    """The kind of the break after the word."""


def _word(word: Object, places: _Places) -> _VisionWord:
    text, end, is_after_space = "", "", False
    symbols = entries(word.get("symbols"))
    for owner in [*symbols, word]:
        found = _object(_object(owner, "property"), "detectedBreak")
        kind = text_of(found.get("type"))
        if _member(found, "isPrefix"):
            is_after_space = is_after_space or kind in SPACES
        else:
            end = kind if kind not in ("", "0", "UNKNOWN") else end
        text += text_of(owner.get("text"))
    # A confidence that is not given is 0 in the client libraries' JSON.
    sure = probability(word.get("confidence")) or None
    return _VisionWord(text, places.quad(word), sure, _language(word), is_after_space, end)


def _language(owner: Object) -> str | None:
    languages = entries(_member(_object(owner, "property"), "detectedLanguages"))
    found = [text_or_none(_member(language, "languageCode")) for language in languages]
    return next((each for each in found if each and each != UNKNOWN), None)


@dataclass(slots=True)
class _OpenLine:
    text: str = ""
    words: list[Word] = field(default_factory=list)

    def add(self, word: _VisionWord, quad: Quad) -> None:
        if word.is_after_space and self.text:
            self.text = self.text.rstrip() + " "
        text = word.text + ("-" if word.end in HYPHEN else "")
        self.text += text + (" " if word.end in SPACES else "")
        self.words.append(Word(text, quad, word.confidence, language=word.language))

    def line(self, region: int | None) -> Line:
        # The rectangle is turned like the first quad, and those of short words are turned at random.
        quad = Quad.around(sorted((word.quad for word in self.words), key=lambda quad: -quad.width))
        return Line(self.text.strip(), quad, tuple(self.words), region=region)


def _lines(words: Sequence[_VisionWord], region: int | None, left_out: LeftOut) -> list[Line]:
    """Return the lines of a paragraph."""
    found, line = [], _OpenLine()
    for word in words:
        if word.text and word.quad:
            line.add(word, word.quad)
        elif word.text:
            left_out.count += 1
        if word.end in LINE_ENDS and line.words:
            found.append(line.line(region))
            line = _OpenLine()
    return [*found, line.line(region)] if line.words else found


def _annotated_lines(response: Object, places: _Places, left_out: LeftOut) -> list[Line]:
    """Return lines from ``textAnnotations``: words in the order of the whole text, which has the spaces."""
    annotations = entries(_member(response, "textAnnotations"))
    text = text_of(_object(response, "fullTextAnnotation").get("text"))
    if annotations and (not text or "".join(text.split()) == _letters(annotations[0])):
        text = text or text_of(annotations[0].get("description"))
        annotations = annotations[1:] or annotations
    contents = [text_of(annotation.get("description")) for annotation in annotations]
    starts = _starts(contents, text)
    ends, following = [], len(text)
    for start in reversed(starts):
        ends.append(following)
        following = following if start is None else start
    words = []
    for annotation, content, start, end in zip(annotations, contents, starts, reversed(ends), strict=True):
        # Document AI's toolbox cuts words short; the text has all their letters.
        rest = content + "\n" if start is None else text[start:end]
        found, *lost = rest.split() or [""]
        left_out.count += len(lost)
        kind = "LINE_BREAK" if "\n" in rest else "SPACE" if rest[-1:].isspace() else ""
        words.append(_VisionWord(found, places.quad(annotation), end=kind))
    return _lines(words, None, left_out)


def _starts(contents: Sequence[str], text: str) -> list[int | None]:
    """Return where each word starts in a text; None for words that are not near the word before."""
    starts: list[int | None] = []
    position = 0
    for content in contents:
        while position < len(text) and text[position].isspace():
            position += 1
        start = text.find(content, position, position + len(content) + LONGEST_GAP)
        if start >= 0 and position < len(text):
            starts.append(start)
            position = start + max(1, len(content))
        else:
            starts.append(None)
    return starts


def _letters(annotation: Object) -> str:
    return "".join(text_of(annotation.get("description")).split())
