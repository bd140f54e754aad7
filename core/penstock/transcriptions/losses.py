"""What a recognition has and a format cannot hold."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping

from penstock.model import Line, Problem, Recognition, RecognizedPage, Word
from penstock.transcriptions.hocr_baseline import is_curved, is_steep
from penstock.transcriptions.layout import gaps
from penstock.transcriptions.xml_text import has_forbidden

Check = Callable[[Recognition], bool]
HINT = "the output json holds everything"


def _words(recognition: Recognition) -> Iterator[Word]:
    return (word for line in recognition.lines for word in line.words)


def _vertical(recognition: Recognition) -> bool:
    directions = {recognition.direction}
    directions.update(region.direction for region in recognition.regions)
    directions.update(line.direction for line in recognition.lines)
    directions.update(word.direction for word in _words(recognition))
    return not directions.isdisjoint(("ttb", "btt"))


def _has_alternatives(recognition: Recognition) -> bool:
    return any(
        line.alternatives or any(word.alternatives for word in line.words) for line in recognition.lines
    )


def _has_text_between_words(line: Line) -> bool:
    between = gaps(line) if line.words else ()
    return between is None or any(text.strip() for text in between)


_CONTROL: Mapping[str, Check] = {"control characters": has_forbidden}
_LOW: Mapping[str, Check] = {
    "marks of low confidence": lambda each: any(word.low_confidence for word in _words(each))
}
_CURVED = "curved baselines"
_REPLACED = {_CURVED: "straight ones"}
"""What a file has in place of something that its format cannot hold."""
LOST_BY: Mapping[str, Mapping[str, Check]] = {
    "hOCR": {
        **_CONTROL,
        **_LOW,
        "alternatives": _has_alternatives,
        _CURVED: lambda each: any(map(is_curved, each.lines)),
        "baselines steeper than 45 degrees": lambda each: any(map(is_steep, each.lines)),
        "vertical directions of text": _vertical,
    },
    "ALTO": {
        **_CONTROL,
        **_LOW,
        "alternatives of lines": lambda each: any(line.alternatives for line in each.lines),
        "confidences of alternatives": lambda each: any(
            alternative.confidence is not None for word in _words(each) for alternative in word.alternatives
        ),
        "confidences of lines": lambda each: any(
            line.words and line.confidence is not None for line in each.lines
        ),
        "directions of single words": lambda each: any(word.direction for word in _words(each)),
        "text between words": lambda each: any(map(_has_text_between_words, each.lines)),
    },
    "PAGE XML": {**_CONTROL, **_LOW},
}
"""For each format, what it cannot hold, and how to tell whether a recognition has it.

The probability of handwriting is not among them, though no format can hold it: most results have it, and
a warning about each document would only hide the others.
"""


class Losses:
    """Collects what the pages of a document lose in a format.

    Parameters
    ----------
    format_name
        A key of `LOST_BY`.
    """

    def __init__(self, format_name: str) -> None:
        self._name = format_name
        self._found: set[str] = set()

    def noted(self, pages: Iterable[RecognizedPage]) -> Iterator[RecognizedPage]:
        """Yield the pages unchanged, and note what each one loses."""
        for page in pages:
            for what, has in LOST_BY[self._name].items():
                if what not in self._found and has(page.recognition):
                    self._found.add(what)
            yield page

    @property
    def reasons(self) -> list[str]:
        """One sentence for each loss, always in the same order."""
        return [
            f"{self._name} cannot hold {what}; the file {_done_with(what)}"
            for what in LOST_BY[self._name]
            if what in self._found
        ]

    def problems(self, document: str) -> list[Problem]:
        """One warning for each loss of the document with this name."""
        return [Problem(document, reason, HINT) for reason in self.reasons]


def _done_with(what: str) -> str:
    return f"has {_REPLACED[what]} instead" if what in _REPLACED else "leaves them out"
