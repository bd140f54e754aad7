"""Recognized documents for sinks, and outputs that record what a sink writes."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from penstock.errors import OutputClash
from penstock.model import Problem, RecognizedDocument, RecognizedPage
from penstock.outputs import CompleteFile, OutputRules, Outputs, digest_at
from penstock.storage import Place
from penstock.testing.drawing import DrawnPage

DATE = "2026-01-31"  # the value of ``{date}``


@dataclass(eq=False)
class PageList:
    """The pages of a document: iterable any number of times, with a length, as a sink gets them."""

    pages: tuple[RecognizedPage, ...]
    fail_at: int | None = None  # index of the page at which iterating raises OSError
    failed: bool = False  # whether it has raised

    def __iter__(self) -> Iterator[RecognizedPage]:
        for index, page in enumerate(self.pages):
            if index == self.fail_at:
                self.failed = True
                raise OSError("the disk with the pages was unplugged (simulated)")
            yield page

    def __len__(self) -> int:
        return len(self.pages)


def recognized_document(
    pages: Sequence[DrawnPage], *, name: str = "letter", folder: str = "", fail_at: int | None = None
) -> RecognizedDocument:
    """Return a document of drawn pages, recognized with the words that were drawn."""
    recognized = PageList(tuple(RecognizedPage(each.page, each.recognition) for each in pages), fail_at)
    beside = pages[0].page.picture.path.parent if pages else None
    return RecognizedDocument(name, f"{name}.png", recognized, folder, beside)


@dataclass(eq=False)
class RecordingRegistry:
    """Records what is written through `penstock.outputs`, and refuses what a run refuses."""

    inputs: frozenset[Path] = frozenset()
    owners: dict[Place, str] = field(default_factory=dict)
    digests: dict[Place, str] = field(default_factory=dict)  # of complete files
    parts: set[Place] = field(default_factory=set)  # temporary files
    on_written: Callable[[Place], None] = lambda _path: None  # called for each complete file

    def claim(self, path: Place, owner: str, document: str) -> None:
        """Reserve a path for an owner."""
        if self.owners.setdefault(path, owner) != owner:
            raise OutputClash(
                f"{path}: already written for another document, so not for {document}",
                "put {document} into the output's name",
            )

    def is_input(self, path: Place) -> bool:
        return path in self.inputs

    def is_ours(self, path: Place) -> bool:
        """Whether the file is unchanged since it was written."""
        return path in self.digests and digest_at(path) == self.digests[path]

    def note_part(self, part: Place, *, finished: bool) -> None:  # noqa: ARG002
        self.parts.add(part)

    def about_to_write(self, file: CompleteFile, place: Place) -> None:
        self.digests[place] = file.digest

    def written(self, place: Place, digest: str) -> None:  # noqa: ARG002
        self.on_written(place)


def make_outputs(
    document: RecognizedDocument,
    folder: Path,
    registry: RecordingRegistry | None = None,
    report: Callable[[Problem], None] = lambda _problem: None,
) -> Outputs:
    """Return the outputs through which a sink writes a document's files into a folder.

    ``registry`` records the files; ``report`` is called with the sink's warnings.
    """
    rules = OutputRules(folder, "trial", DATE, registry or RecordingRegistry())
    return Outputs(rules, document, f"{document.folder}/{document.name}", report)
