"""`penstock compare`: where two recognizers, or two files with text, differ."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import click

from penstock.cli.comparison_html import HtmlComparison
from penstock.cli.comparison_json import JsonComparison
from penstock.cli.comparison_text import TextComparison
from penstock.cli.file_list import wrong
from penstock.cli.file_pairs import paired_pages
from penstock.cli.report_text import print_by_reason
from penstock.cli.streams import print_lines
from penstock.comparison.differences import PageComparison, Score, compared
from penstock.config import load_file
from penstock.engine.context import RunOptions, planned
from penstock.engine.journal.readings import readings_of_two
from penstock.model import Problem
from penstock.pipeline import Pipeline
from penstock.report import Exit


class Form(Protocol):
    """Prints a comparison page by page. It is made with the names of the two sides."""

    def __init__(self, names: tuple[str, str]) -> None: ...

    def show_page(self, document: str, number: int, page: PageComparison) -> None: ...

    def show_total(self, total: Score, pages: int) -> None: ...


FORMS: dict[str, type[Form]] = {"text": TextComparison, "json": JsonComparison, "html": HtmlComparison}


@dataclass(frozen=True, slots=True)
class Compared:
    """A page of a document, compared."""

    document: str
    number: int
    comparison: PageComparison


def compare(inputs: tuple[str, ...], recognizers: str | None, form: str) -> Exit:
    """Print a comparison and return the exit code.

    Raises PenstockError if the pipeline, its journal, or one of two files cannot be read.
    """
    problems: list[Problem] = []
    names, pages = _of_inputs(inputs, recognizers, problems.append)
    shown = FORMS[form](names)
    total, count = Score(), 0
    for page in pages:
        total += page.comparison.score
        count += 1
        shown.show_page(page.document, page.number, page.comparison)
    shown.show_total(total, count)
    if not count and len(inputs) == 1:
        print_lines("with compare = true in [engine], every recognizer reads every page in the next run")
    print_by_reason("failed", problems, len(problems))
    return Exit.SOMETHING_FAILED if problems else Exit.DONE


def _of_inputs(
    inputs: tuple[str, ...], recognizers: str | None, report: Callable[[Problem], None]
) -> tuple[tuple[str, str], Iterator[Compared]]:
    """Return the names of the two sides, and their pages."""
    if len(inputs) == 1:
        return _of_pipeline(Path(inputs[0]), recognizers)
    if len(inputs) > 2:
        raise click.UsageError(f"name a pipeline file, or two files or folders with text, got {len(inputs)}")
    if recognizers is not None:
        raise click.UsageError("--recognizers is for a pipeline file: two files with text have none")
    first, second = map(Path, inputs)
    pages = (
        Compared(pair.document, pair.number, compared(pair.first, pair.second, pair.scale))
        for pair in paired_pages(first, second, report)
    )
    return (inputs[0], inputs[1]), pages


def _of_pipeline(file: Path, recognizers: str | None) -> tuple[tuple[str, str], Iterator[Compared]]:
    if file.is_dir() or file.suffix.lower() != ".toml":
        raise click.UsageError(f"name a second file or folder beside {file}, or a pipeline file (.toml)")
    configuration = load_file(file, without=["sources", "sinks", "observers", "amenders"])
    with Pipeline(configuration) as pipeline:
        names = [stage.name for stage in pipeline.recognizers]
        keys = dict(zip(names, planned(pipeline, RunOptions()).recognizer_keys, strict=True))
    first, second = _chosen(names, recognizers)
    readings = readings_of_two(
        configuration.state, configuration.name, configuration.folder, (keys[first], keys[second])
    )
    pages = (Compared(each.document, each.number, compared(each.first, each.second)) for each in readings)
    return (first, second), pages


def _chosen(names: list[str], recognizers: str | None) -> tuple[str, str]:
    """Return the names of the two recognizers to compare. Raises ConfigurationError."""
    chosen = names if recognizers is None else [name.strip() for name in recognizers.split(",")]
    for name in chosen:
        if name not in names:
            there_are = f"there are {', '.join(names)}"
            raise wrong("--recognizers", f"the pipeline has no recognizer {name!r}", there_are)
    match chosen:
        case [first, second] if first != second:
            return first, second
    instead = f"for example --recognizers {','.join(names[:2])}"
    if len(names) < 2:
        raise wrong("FILE", "must have two recognizers to compare", "add another [[recognizers]]")
    raise wrong("--recognizers", f"must name two recognizers of {', '.join(names)}", instead)
