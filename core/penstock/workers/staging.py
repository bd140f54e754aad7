"""Output files that a worker writes, until the coordinator puts them in their places."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path, PurePath

from penstock.model import Page, Problem, RecognizedDocument
from penstock.outputs import CompleteFile, OutputRules, Outputs
from penstock.outputs.errors import translated
from penstock.storage import Place


@dataclass(frozen=True, slots=True)
class StagedFile:
    """A complete file that a worker wrote, and what the sink gave to `Outputs` for its name."""

    template: str
    page: Page | None
    file: CompleteFile


class StagedOutputs(Outputs):
    """Collects the output files of one document. A sink uses it as it uses `Outputs`.

    The coordinator decides whether a file may get its name, when the sink has returned.

    Parameters
    ----------
    folder_for
        Returns the folder for the file that is to become an output. It may raise what the sink is to raise.
    """

    def __init__(
        self, rules: OutputRules, document: RecognizedDocument, folder_for: Callable[[Place], Path]
    ) -> None:
        self.warnings: list[Problem] = []
        self.files: list[StagedFile] = []
        """The complete files, in the order of writing."""
        super().__init__(rules, document, owner="", report=self.warnings.append)
        self._folder_for, self._begun = folder_for, 0

    @contextmanager
    def _part(
        self, template: str, page: Page | None, *, keep_suffix: bool = False, digest: str = ""
    ) -> Iterator[tuple[str, Path]]:
        place = self._place(template, page)
        self._begun += 1
        name = f"{self._begun}{PurePath(place.name).suffix if keep_suffix else ''}"
        part = self._folder_for(place) / name
        yield str(place), part
        # The name depends on the page's number alone.
        slim = None if page is None else replace(page, existing_recognition=None)
        with translated(part):
            # The digest is computed here, so that the coordinator need not read the file.
            self.files.append(StagedFile(template, slim, CompleteFile.of(part, digest)))
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

    def about_to_write(self, file: CompleteFile, place: Place) -> None:
        """Do nothing: the coordinator renames the file."""

    def written(self, place: Place, digest: str) -> None:
        """Do nothing: the coordinator renames the file."""
