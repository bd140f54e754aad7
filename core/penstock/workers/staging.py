"""Output files that a worker writes, until the coordinator puts them in their places."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path, PurePath

from penstock.model import Page, Problem, RecognizedDocument
from penstock.outputs import OutputRules, Outputs
from penstock.storage import Place


@dataclass(frozen=True, slots=True)
class StagedFile:
    """A complete file in a job's folder, and what the sink gave to `Outputs` for its name."""

    template: str
    page: Page | None
    name: str


class StagedOutputs(Outputs):
    """Collects the output files of one document in a folder. A sink uses it as it uses `Outputs`.

    The coordinator decides whether a file may get its name, when the sink has returned.
    """

    def __init__(self, rules: OutputRules, document: RecognizedDocument, folder: Path) -> None:
        self.warnings: list[Problem] = []
        self.files: list[StagedFile] = []
        """The complete files, in the order of writing."""
        super().__init__(rules, document, owner="", report=self.warnings.append)
        self._folder, self._begun = folder, 0

    @contextmanager
    def _part(
        self, template: str, page: Page | None, *, keep_suffix: bool = False
    ) -> Iterator[tuple[str, Path]]:
        place = self._place(template, page)
        self._begun += 1
        part = self._folder / f"{self._begun}{PurePath(place.name).suffix if keep_suffix else ''}"
        yield str(place), part
        # The name depends on the page's number alone.
        slim = None if page is None else replace(page, existing_recognition=None)
        self.files.append(StagedFile(template, slim, part.name))
        self.written.append(place)


class NoRegistry:
    """Stands for the registry of outputs in a worker, where no output gets its name."""

    def claim(self, path: Place, owner: str, document: str) -> None:
        """Do nothing: the coordinator reserves the path."""

    def is_input(self, path: Place) -> bool:  # noqa: ARG002
        """Return False: the coordinator knows the inputs."""
        return False

    def is_ours(self, path: Place) -> bool:  # noqa: ARG002
        """Return False: the coordinator knows the outputs."""
        return False

    def note_part(self, part: Place, *, finished: bool) -> None:
        """Do nothing: the coordinator has noted the folder."""

    def about_to_write(self, part: Path, place: Place, digest: str) -> None:
        """Do nothing: the coordinator renames the file."""

    def written(self, place: Place, digest: str) -> None:
        """Do nothing: the coordinator renames the file."""
