"""The same word in all pages of a document: found, and corrected at once."""

from __future__ import annotations

import json
import zlib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from itertools import groupby
from typing import NamedTuple

from penstock.engine.journal.answers import stored_lines
from penstock.engine.journal.edits import Edit
from penstock.json_form import Form
from penstock.model import Line, Recognition
from penstock.review.documents import ReviewedDocument, ReviewedDocuments
from penstock.review.editing import Editor
from penstock.review.errors import EditRefused

MOST_FOUND = 1_000
"""Words that are listed."""
FORM = 'give {"text", "replacement", "words": [{"page", "line", "word"}]}'


class WordPlace(NamedTuple):
    """Where a word stands: the page from 1, its line and the word in it from 0."""

    page: int
    line: int
    word: int


class SameWords:
    """Finds the words of a document with the same text, and corrects those of them that a person chose."""

    def __init__(self, documents: ReviewedDocuments, editor: Editor) -> None:
        self._documents, self._editor = documents, editor

    def find(self, key: str, text: str) -> Form:
        """Return ``{"words": [{"page", "line", "word", "context", "quad"}]}`` with exactly this text.

        Raises NotFound for an unknown document.
        """
        found: list[Form] = []
        for form in _words(self._documents.document(key), text):
            found.append(form)
            if len(found) == MOST_FOUND:
                break
        return {"words": found}

    def replace(self, key: str, form: object) -> Form:
        """Replace words, given as the JSON of a request, and return ``{"changed", "left"}``.

        ``left`` has the places of those that do not have the text any more. There is one edit for each page.
        Raises as `Editor.edit` does.
        """
        text, replacement, places = _request(form)
        found = self._documents.document(key)
        changed, left = 0, []
        for page, group in groupby(sorted(set(places)), lambda place: place.page):
            replacing = _Replacing(text, replacement, list(group))
            self._editor.store(found, page, replacing.edit)
            changed += len(replacing.found)
            left += [place._asdict() for place in replacing.places if place not in replacing.found]
        return {"changed": changed, "left": left}


class _Replacing:
    """Makes the edit that replaces words of one page, and remembers which ones it found."""

    def __init__(self, text: str, replacement: str, places: list[WordPlace]) -> None:
        self._text, self._replacement, self.places = text, replacement, places
        self.found: set[WordPlace] = set()

    def edit(self, recognition: Recognition) -> Edit | None:
        lines = recognition.lines
        self.found = {place for place in self.places if self._is_at(place, lines)}
        if not self.found:
            return None
        rows = [place.line for place in self.found]
        first, end = min(rows), max(rows) + 1
        after = [self._line(index, lines[index]) for index in range(first, end)]
        return Edit("replace", first, lines[first:end], tuple(after))

    def _is_at(self, place: WordPlace, lines: tuple[Line, ...]) -> bool:
        if place.line >= len(lines) or place.word >= len(lines[place.line].words):
            return False
        return lines[place.line].words[place.word].text == self._text

    def _line(self, row: int, line: Line) -> Line:
        chosen = {place.word for place in self.found if place.line == row}
        words = tuple(
            replace(word, text=self._replacement, corrected=True) if index in chosen else word
            for index, word in enumerate(line.words)
        )
        return replace(line, words=words) if chosen else line


def _words(document: ReviewedDocument, text: str) -> Iterator[Form]:
    for number, answer in document.journal.texts(document.row.number):
        if not _may_have(answer, text):
            continue
        for row, line in enumerate(stored_lines(answer)):
            for index, word in enumerate(line["words"]):
                if word["text"] == text:
                    place = WordPlace(number, row, index)._asdict()
                    yield {**place, "context": line["text"], "quad": word["quad"]}


def _may_have(answer: bytes, text: str) -> bool:
    """Return whether a stored text may have a word: most pages need not be decoded."""
    try:
        form = zlib.decompress(answer)
    except zlib.error:
        return True  # decoding says that the journal is damaged
    escaped = json.dumps(text, ensure_ascii=False).encode("utf-8", "surrogatepass")
    return escaped in form


def _request(form: object) -> tuple[str, str, list[WordPlace]]:
    """Return the text, its replacement and the places of a request. Raises EditRefused."""
    if not isinstance(form, Mapping):
        raise EditRefused("the request must be a JSON object", FORM)
    text, replacement, words = form.get("text"), form.get("replacement"), form.get("words")
    if not (isinstance(text, str) and isinstance(replacement, str) and replacement.strip()):
        raise EditRefused("text and replacement must be texts that are not empty", FORM)
    if not isinstance(words, list) or len(words) > MOST_FOUND:
        raise EditRefused(f"words must be a list of at most {MOST_FOUND} places", FORM)
    return text, replacement, list(_places(words))


def _places(words: Iterable[object]) -> Iterator[WordPlace]:
    for word in words:
        numbers = [word.get(name) for name in WordPlace._fields] if isinstance(word, Mapping) else []
        whole = [each for each in numbers if isinstance(each, int) and not isinstance(each, bool)]
        if len(whole) != len(WordPlace._fields) or not all(0 <= each < 2**31 for each in whole):
            raise EditRefused(f"a place must have a page, a line and a word, got {word!r}", FORM)
        yield WordPlace(*whole)
