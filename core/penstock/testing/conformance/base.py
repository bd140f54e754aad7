"""The conformance class that all kinds share."""

from __future__ import annotations

import contextlib
import dataclasses
import inspect
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, ClassVar

from penstock.config import Configuration, Configured
from penstock.errors import Complaint, ConfigurationError, PenstockError
from penstock.options import OptionReader
from penstock.pipeline import Pipeline
from penstock.plugins import component_class, find
from penstock.table_options import EngineOptions
from penstock.testing.conformance.errors import ConformanceError, describe

__tracebackhide__ = True

_OPTIONS = "its options"


class Conformance:
    """Tests of a component. Subclass the class of the component's kind.

    Set ``component`` to the class, or to its reference as in a pipeline; set ``options`` as in a pipeline
    file, with paths relative to the test's folder. Override `make` if that is not enough.
    """

    kind: ClassVar[str] = ""
    component: ClassVar[type | str | None] = None
    options: ClassVar[Mapping[str, Any]] = {}
    costly: ClassVar[frozenset[str]] = frozenset()
    """Tests that may send pages to a service or wait for people.

    `penstock plugins --check` runs them only with ``--live``.
    """

    def make(self, folder: Path) -> Any:
        """Make a component, as a pipeline file in ``folder`` would."""
        cls = self.component_class(folder)
        complaints: list[Complaint] = []
        component = OptionReader(folder, cls.__name__, complaints).made(cls, dict(self.options), _OPTIONS)
        if component is None:
            raise ConformanceError(
                "it cannot be made: " + "; ".join(_shown(each) for each in complaints),
                "set the test class's options as in a pipeline file: options = {...}",
            )
        return component

    def component_class(self, folder: Path) -> type:
        """Return the class under test."""
        if self.component is None:
            return type(self.make(folder))
        if isinstance(self.component, str):
            return find(self.kind, self.component, folder)
        try:
            return component_class(self.component, self.component.__name__)
        except PenstockError as error:
            raise ConformanceError(error.message, error.hint) from None

    def owner(self, folder: Path) -> str:
        """Return the file that defines the class."""
        return inspect.getfile(self.component_class(folder))

    @contextlib.contextmanager
    def opened(self, folder: Path, component: Any = None) -> Iterator[Any]:
        """Open a component, or a new one, and yield its `penstock.stages.Stage`."""
        made = self.make(folder) if component is None else component
        name = type(made).__name__
        configured = Configured(self.kind, name, f"the {self.kind} {name}", made)
        try:
            pipeline = Pipeline(Configuration("trial", folder, (configured,), EngineOptions()))
        except ConfigurationError as error:
            raise hooks_error(error.complaints) from None
        with pipeline:
            yield getattr(pipeline, f"{self.kind}s")[0]
        for raised, title in pipeline.close_errors:
            raise ConformanceError(
                f"{title} must be closable, got {describe(raised)}", "fix its __exit__"
            ) from raised

    def test_is_a_component_of_its_kind(self, tmp_path: Path) -> None:
        """It has its kind's hooks, a docstring and valid attributes, and can be opened and closed."""
        cls = self.component_class(tmp_path)
        # A dataclass without a docstring gets its signature as one.
        if not (cls.__doc__ or "").strip() or (cls.__doc__ or "").startswith(f"{cls.__name__}("):
            raise ConformanceError(
                f"{cls.__name__} must have a docstring",
                "say what the component does; `penstock plugins` shows the first line",
            )
        # Opening a component checks its hooks and declarations.
        with self.opened(tmp_path):
            pass


def _shown(complaint: Complaint) -> str:
    """Return the complaint of one option without the class, which is the same for all of them."""
    _, _, option = complaint.place.partition(_OPTIONS)
    what = complaint.what.removeprefix("cannot be made: ")
    return str(dataclasses.replace(complaint, place=option.removeprefix(", "), what=what)).removeprefix(": ")


def hooks_error(complaints: Sequence[Complaint]) -> ConformanceError:
    """Join all complaints about a component's hooks into one error."""
    message = "; ".join(f"{each.place}: {each.what}" for each in complaints)
    hints = dict.fromkeys(each.instead for each in complaints if each.instead)
    return ConformanceError(message, "; ".join(hints))
