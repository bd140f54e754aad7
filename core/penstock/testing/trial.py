"""Trying a component out: documents as a sink gets them, outputs that are watched, a run in one line."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from penstock.errors import OutputClash
from penstock.model import Problem, RecognizedDocument, RecognizedPage
from penstock.outputs import OutputRules, Outputs, file_digest
from penstock.report import RunReport
from penstock.testing.drawing import DrawnPage, draw_page

DATE = "2026-01-31"
"""Of every trial: what ``{date}`` becomes."""


@dataclass(eq=False)
class GivenPages:
    """The pages of a document, as a sink sees them: they can be walked, often, and counted; no more.

    Parameters
    ----------
    fail_at
        Counted from 0: the page at which the walk raises OSError, as when the disk goes away.
    """

    pages: tuple[RecognizedPage, ...]
    fail_at: int | None = None
    failed: bool = False

    def __iter__(self) -> Iterator[RecognizedPage]:
        for index, page in enumerate(self.pages):
            if index == self.fail_at:
                self.failed = True
                raise OSError("the disk with the pages was pulled out, on purpose")
            yield page

    def __len__(self) -> int:
        return len(self.pages)


def recognized_document(
    pages: Sequence[DrawnPage], *, name: str = "letter", folder: str = "", fail_at: int | None = None
) -> RecognizedDocument:
    """A document that was read, from drawn pages and the words that stand on them."""
    given = GivenPages(tuple(RecognizedPage(each.page, each.recognition) for each in pages), fail_at)
    beside = pages[0].page.picture.path.parent if pages else None
    return RecognizedDocument(name, f"{name}.png", given, folder, beside)


@dataclass(eq=False)
class TrialLedger:
    """Remembers what was written through `penstock.outputs`, and refuses what a run would refuse."""

    inputs: frozenset[Path] = frozenset()
    owners: dict[Path, str] = field(default_factory=dict)
    digests: dict[Path, str] = field(default_factory=dict)
    parts: set[Path] = field(default_factory=set)
    on_written: Callable[[Path], None] = lambda _place: None

    def claim(self, path: Path, owner: str, document: str) -> None:
        """Keep a path for its owner."""
        if self.owners.setdefault(path, owner) != owner:
            raise OutputClash(
                f"{path} is written for another document already, not for {document}",
                "put {document} into the output's name",
            )

    def is_input(self, path: Path) -> bool:
        """Whether the trial reads it."""
        return path in self.inputs

    def is_ours(self, path: Path) -> bool:
        """Whether it is as it was written."""
        return path in self.digests and file_digest(path) == self.digests[path]

    def note_part(self, part: Path, *, finished: bool) -> None:  # noqa: ARG002
        """Remember it for good: that it was opened is no fault."""
        self.parts.add(part)

    def about_to_write(self, part: Path, place: Path, digest: str) -> None:  # noqa: ARG002
        """It may be there from now on."""
        self.digests[place] = digest

    def written(self, place: Path, digest: str) -> None:  # noqa: ARG002
        """It is there."""
        self.on_written(place)


def trial_outputs(
    document: RecognizedDocument,
    folder: Path,
    ledger: TrialLedger | None = None,
    report: Callable[[Problem], None] = lambda _problem: None,
) -> Outputs:
    """What a sink writes a document's files through, into a folder, with a ledger that remembers them."""
    rules = OutputRules(folder, "trial", DATE, ledger or TrialLedger())
    return Outputs(rules, document, f"{document.folder}/{document.name}", report)


def reference_to(cls: type) -> str:
    """How a pipeline names a class that lies in a file: ``/folder/shout.py:Shout``."""
    return f"{inspect.getfile(cls)}:{cls.__name__}"


def run_tables(folder: Path, **tables: Any) -> RunReport:
    """Run a pipeline in a folder, with stand-ins for what is not given.

    Without ``sources`` one drawn page is read, ``letter.png``; without ``recognizers``, by `Scripted`;
    without ``sinks`` it becomes ``letter.txt``::

        report = run_tables(tmp_path, sinks=[{"plugin": "shout"}])

    Raises
    ------
    penstock.errors.ConfigurationError
        With everything that is wrong with the tables.
    """
    from penstock.config import check
    from penstock.engine import run
    from penstock.pipeline import Pipeline

    configuration = check({**_stand_ins(folder, tables), **tables}, folder, where="the test", name="trial")
    return run(Pipeline(configuration))


def _stand_ins(folder: Path, given: dict[str, Any]) -> dict[str, Any]:
    from penstock.testing.scripted import Scripted

    if "sources" not in given:
        draw_page(folder / "scans" / "letter.png")
    return {
        "sources": [{"plugin": "files", "paths": ["scans"]}],
        "recognizers": [{"plugin": reference_to(Scripted), "first_poll": 0}],
        "sinks": [{"plugin": "text"}],
    }


__all__ = ["GivenPages", "TrialLedger", "recognized_document", "reference_to", "run_tables", "trial_outputs"]
