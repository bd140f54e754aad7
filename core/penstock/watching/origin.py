"""Where the pipelines of a watch come from: a file that may change, or a command line."""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any, Protocol

from penstock.config import Configuration, add_observers, check, load_tables


class Origin(Protocol):
    """Makes a pipeline's configuration. Each run has components of its own."""

    @property
    def path(self) -> Path | None:
        """The pipeline file; None if there is none."""

    def configuration(self) -> Configuration:
        """Return the pipeline with new components."""

    def changed(self) -> Origin | None:
        """Return what to use from now on; None if the file has not changed.

        Raises PenstockError if it is wrong.
        """

    def close(self) -> None:
        """Close what all runs share. It is opened again if runs follow."""


class PipelineFile:
    """A pipeline file as it is now. Raises ConfigurationError if it is wrong.

    ``made`` is called with the pipeline, and again when the file has changed.
    """

    def __init__(
        self,
        path: Path,
        observers: Iterable[Mapping[str, Any]],
        made: Callable[[Configuration], None] = lambda _configuration: None,
    ) -> None:
        self.path: Path | None = path
        self._file, self._observers = path, [dict(each) for each in observers]
        self._written, self._made = load_tables(path), made
        made(self.configuration())

    def configuration(self) -> Configuration:
        """Return the pipeline as the file was when this was made."""
        tables = copy.deepcopy(self._written)
        add_observers(tables, self._observers)
        path = self._file
        return check(tables, path.resolve().parent, where=str(path), name=path.stem)

    def changed(self) -> Origin | None:
        """Return the pipeline of the file as it is now; None if it is the same."""
        if load_tables(self._file) == self._written:
            return None
        return PipelineFile(self._file, self._observers, self._made)

    def close(self) -> None:
        """Do nothing: each run has components of its own."""


class FixedPipeline:
    """A pipeline that a function makes, such as that of a command line."""

    path: Path | None = None

    def __init__(self, configure: Callable[[], Configuration]) -> None:
        self.configuration = configure

    def changed(self) -> Origin | None:
        """Return None: it does not change."""
        return None

    def close(self) -> None:
        """Do nothing: each run has components of its own."""
