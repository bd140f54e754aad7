"""`penstock convert`: files with text from one format into others."""

from __future__ import annotations

import dataclasses
import shutil
import sys
import tempfile
from collections.abc import Iterator
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import Any

from penstock.api.inputs import state_of_read
from penstock.cli.command_options import place
from penstock.cli.execute import execute
from penstock.cli.file_list import STANDARD_INPUT, refuse_terminal, wrong
from penstock.cli.read_outputs import OutputNames
from penstock.cli.read_pipeline import Inputs, Recognizing, read_configuration
from penstock.cli.report_text import print_by_reason
from penstock.cli.standard_output import TEXTUAL, check_single_output
from penstock.cli.streams import may_be_cut_short, print_lines
from penstock.cli.transcribed_document import (
    document_name,
    files_with_text,
    pictures_of,
    transcribed_document,
)
from penstock.engine.journal import Journal
from penstock.engine.state_folder import StateFolder
from penstock.errors import InvalidTranscription, NoSpace, PenstockError
from penstock.model import Problem
from penstock.outputs import OutputRules, Outputs
from penstock.plugins import find
from penstock.report import Exit, relative


@dataclasses.dataclass(frozen=True, slots=True)
class Conversion:
    """What the command line asks for."""

    inputs: tuple[str, ...]  # files and folders; "-" for standard input
    outputs: OutputNames
    to_stdout: bool = False
    force: bool = False  # replace files that penstock did not write
    quiet: bool = False


def conversion_of(names: tuple[str, ...], to: str | None, *, force: bool, quiet: bool) -> Conversion:
    """Return what to convert. The last of several names is the output. Raises ConfigurationError."""
    inputs, output = (names[:-1], names[-1]) if len(names) > 1 else (names, None)
    if output is None and to is None:
        raise wrong("OUTPUT", "must be given", f"for example: penstock convert {names[0]} out.hocr")
    if STANDARD_INPUT in inputs:
        if len(inputs) > 1 or output is None:
            raise wrong("INPUT", "- must be the only input, and needs an OUTPUT", "write - for both")
        refuse_terminal("INPUT", "pipe a file into it: penstock convert - out.hocr < page.xml")
    if output == STANDARD_INPUT and to is None:
        raise wrong("--to", "must be given for standard output", "for example --to hocr")
    is_many = len(inputs) > 1 or Path(inputs[0]).is_dir()
    if output is None or output == STANDARD_INPUT:
        return Conversion(inputs, OutputNames(to), output is not None, force, quiet)
    path = place(output)
    if output.endswith("/") or (isinstance(path, Path) and path.is_dir()):
        if to is None:
            raise wrong("--to", f"must be given, because {output} is a folder", "for example --to alto")
        return Conversion(inputs, OutputNames(to, out=path), False, force, quiet)
    if is_many:
        raise wrong("OUTPUT", f"must be a folder for several inputs, got {output}", f"write {output}/")
    return Conversion(inputs, OutputNames(to, file=path), False, force, quiet)


def convert(conversion: Conversion) -> Exit:
    """Convert files, print what was written, and return the exit code.

    Raises PluginError and ConfigurationError before the first file.
    """
    problems = _Problems()
    with tempfile.TemporaryDirectory(prefix="penstock-") as folder:
        outputs = conversion.outputs
        if conversion.to_stdout:
            check_single_output(outputs.sinks)
            outputs = dataclasses.replace(outputs, out=Path(folder) / "out")
        files = _files(conversion.inputs, Path(folder), problems)
        if TEXTUAL.issuperset(outputs.sinks):
            _write_all(files, outputs, conversion, problems)
        else:
            for name in outputs.sinks:
                find("sink", name, Path.cwd())  # raises PluginError before the first file
            outputs.tables()
            for path, shown in files:
                problems.count_failed(_read_with_pictures(path, shown, outputs, conversion, problems))
        if conversion.to_stdout:
            _print_file(Path(folder) / "out")
    return problems.show(quiet=conversion.quiet)


class _Problems:
    """The failures and warnings of a conversion."""

    def __init__(self) -> None:
        self.failures: list[Problem] = []
        self.warnings: list[Problem] = []
        self._worst = Exit.DONE

    def fail(self, shown: str, error: PenstockError) -> None:
        self.failures.append(Problem(shown, error.message.removeprefix(f"{shown}: "), error.hint))

    def count_failed(self, code: Exit) -> None:
        self._worst = max(self._worst, code)

    def show(self, *, quiet: bool) -> Exit:
        """Print the problems and return the exit code."""
        if not quiet:
            print_by_reason("warning", dict.fromkeys(self.warnings), len(self.warnings))
        print_by_reason("failed", self.failures, len(self.failures))
        return Exit.SOMETHING_FAILED if self.failures else self._worst


def _files(inputs: tuple[str, ...], spool: Path, problems: _Problems) -> Iterator[tuple[Path, str]]:
    """Iterate over the files to convert, each with its name for messages."""
    for name in inputs:
        path = Path(name)
        if name == STANDARD_INPUT:
            piped = spool / "in" / "standard input"
            piped.parent.mkdir()
            with piped.open("wb") as file:
                shutil.copyfileobj(sys.stdin.buffer, file)
            yield piped, piped.name
        elif path.is_dir():
            found = files_with_text(path)
            if not found:
                problems.fail(name, InvalidTranscription(name, "there are no files with text in this folder"))
            yield from ((each, str(each)) for each in found)
        else:
            yield path, name


def _write_all(
    files: Iterator[tuple[Path, str]], outputs: OutputNames, conversion: Conversion, problems: _Problems
) -> None:
    """Write all files with sinks that need no picture."""
    tables = outputs.tables()
    sinks = [(table["plugin"], _made(table)) for table in tables]
    with (
        StateFolder(state_of_read(), shared=True) as state,
        Journal(state, name="convert", folder=Path.cwd(), rewrite=conversion.force) as journal,
    ):
        today = datetime.now().astimezone().date().isoformat()
        rules = OutputRules(Path.cwd(), "convert", today, journal.outputs, conversion.force)
        todo = list(files)
        for path, _ in todo:
            journal.outputs.note_input(path)
        for index, (path, shown) in enumerate(todo):
            try:
                document = transcribed_document(path, shown, problems.warnings.append)
                for name, sink in sinks:
                    written = Outputs(rules, document, f"{index}/{name}", problems.warnings.append)
                    sink.write(document, written)
                    if not (conversion.to_stdout or conversion.quiet):
                        print_lines(*(f"wrote {relative(each)}" for each in written.written))
            except NoSpace:
                raise
            except PenstockError as error:
                problems.fail(shown, error)
        journal.commit()


def _made(table: dict[str, Any]) -> Any:
    """Return the sink of a table."""
    options = {option: value for option, value in table.items() if option != "plugin"}
    return find("sink", table["plugin"], Path.cwd())(**options)


def _read_with_pictures(
    path: Path, shown: str, outputs: OutputNames, conversion: Conversion, problems: _Problems
) -> Exit:
    """Write a file with sinks that need its pictures, as `penstock read PICTURE --readings FILE` does."""
    try:
        pictures = pictures_of(path)
    except InvalidTranscription as error:
        problems.fail(shown, error)
        return Exit.SOMETHING_FAILED
    name = document_name(path) if len(pictures) > 1 else None
    inputs = Inputs(tuple(map(str, pictures)), merge=name)
    configure = partial(
        read_configuration, inputs, Recognizing(readings=str(path.absolute())), outputs, settings=()
    )
    return execute(configure, ad_hoc=True, force=conversion.force, quiet=conversion.quiet, log_format="text")


def _print_file(folder: Path) -> None:
    """Print the only file of a folder on standard output, if there is one."""
    for path in sorted(folder.rglob("*")):
        if path.is_file():
            with path.open("rb") as file, may_be_cut_short():
                shutil.copyfileobj(file, sys.stdout.buffer)
                sys.stdout.buffer.flush()
            return
