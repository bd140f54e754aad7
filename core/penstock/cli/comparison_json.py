"""A comparison as lines of JSON: one object for each page, and one for all of them."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import click

from penstock.comparison.differences import LineComparison, PageComparison, Score


class JsonComparison:
    """Prints a line for each page, and a last one with ``total``."""

    def __init__(self, names: tuple[str, str]) -> None:
        self._names = names

    def show_page(self, document: str, number: int, page: PageComparison) -> None:
        differences = [each for line in page.lines for each in _differences(line)]
        _print({"document": document, "page": number, **_score(page.score), "differences": differences})

    def show_total(self, total: Score, pages: int) -> None:
        _print({"first": self._names[0], "second": self._names[1], "pages": pages, "total": _score(total)})


def _print(form: dict[str, Any]) -> None:
    click.echo(json.dumps(form))


def _score(score: Score) -> dict[str, Any]:
    return {
        "words": score.words,
        "agreeing": score.agreeing,
        "agreement": round(score.agreement, 6),
        "letters": score.letters,
        "edits": score.edits,
        "cer": None if score.cer is None else round(score.cer, 6),
    }


def _differences(line: LineComparison) -> Iterator[dict[str, Any]]:
    for passage in line.passages:
        if not passage.agrees:
            yield {
                "line": " ".join(filter(None, (each.first for each in line.passages))),
                "line_box": [round(number, 1) for number in line.box],
                "first": passage.first,
                "second": passage.second,
                "edits": passage.edits,
                "confidences": passage.confidences,
            }
