"""`penstock read ... --out -`: one output of one input on standard output."""

from __future__ import annotations

import dataclasses
import shutil
import sys
import tempfile
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import Any

from penstock.cli.execute import execute
from penstock.cli.file_list import STANDARD_INPUT, wrong
from penstock.cli.read_outputs import OutputNames
from penstock.cli.streams import may_be_cut_short
from penstock.config import Configuration
from penstock.errors import OutputError
from penstock.report import Exit, RunReport, counted

TEXTUAL = frozenset({"alto", "hocr", "json", "page", "text"})
"""Sinks that write text. They need no picture, and their output may go to a terminal."""


def is_standard_output(outputs: OutputNames) -> bool:
    """Return whether an output is to go to standard output. Raises ConfigurationError for a contradiction."""
    given = [path for path in (outputs.out, outputs.file) if path is not None]
    asked = [str(path) == STANDARD_INPUT for path in given]
    if any(asked) and not all(asked):
        raise wrong("--output", "cannot be used with --out", "for standard output: --out -")
    return any(asked)


def read_to_standard_output(
    configure: Callable[..., Configuration], outputs: OutputNames, **options: Any
) -> Exit:
    """Recognize one input and print its output; only that goes to standard output.

    ``configure`` returns the pipeline for output names. The sink writes to a temporary folder, so nothing is
    printed unless the output is complete.
    """
    to = dataclasses.replace(outputs, out=None, file=None)
    check_single_output(to.sinks)
    with tempfile.TemporaryDirectory(prefix="penstock-") as folder:
        placed = dataclasses.replace(to, out=Path(folder), is_single=True)
        options |= {"ad_hoc": True, "keeps_outputs": False, "to_stdout": True, "finish": _printed}
        return execute(partial(configure, placed), **options)


def check_single_output(names: Sequence[str]) -> None:
    """Raise ConfigurationError unless there is one sink, whose output standard output can take."""
    if len(names) > 1:
        raise wrong("--out", f"- takes one output, got {', '.join(names)}", f"for example --to {names[-1]}")
    if sys.stdout.isatty() and not TEXTUAL.issuperset(names):
        what = f"standard output is a terminal, which cannot show the output of {names[0]!r}"
        raise wrong("--out", what, "redirect it into a file with >, or use --to text")


def _printed(report: RunReport) -> RunReport:
    """Copy the output to standard output, and return the report without its temporary file."""
    if report.outputs_written > 1:
        what = f"{counted(report.outputs_written, 'file')} were written, and standard output takes one"
        raise OutputError(what, "use --out FOLDER")
    for path in map(Path, map(str, report.outputs)):
        with path.open("rb") as file, may_be_cut_short():
            shutil.copyfileobj(file, sys.stdout.buffer)
            sys.stdout.buffer.flush()
    return dataclasses.replace(report, outputs=(), outputs_written=0)
