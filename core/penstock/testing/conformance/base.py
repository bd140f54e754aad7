"""What all kinds have in common: how the component is made, opened and called, as a run does it."""

from __future__ import annotations

import contextlib
import inspect
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, ClassVar

from penstock.config import Configuration, Configured, EngineOptions
from penstock.errors import Complaint, ConfigurationError, PenstockError
from penstock.options import OptionReader
from penstock.pipeline import Pipeline
from penstock.plugins import component_class, find
from penstock.testing.conformance.faults import NotConforming, said_by

__tracebackhide__ = True


class Conformance:
    """What every component does. Subclass the class of your kind, and say which component it is.

    ``component`` is its class, or how a pipeline names it; ``options`` are what a pipeline file would give
    it, with paths relative to the test's folder. Override `make` where that does not do.
    """

    kind: ClassVar[str] = ""
    component: ClassVar[type | str | None] = None
    options: ClassVar[Mapping[str, Any]] = {}
    costly: ClassVar[frozenset[str]] = frozenset()
    """Tests that may send pages to a service, or wait for people: `penstock plugins --check` then leaves
    them out.
    """

    def make(self, folder: Path) -> Any:
        """A new component, as a pipeline file in ``folder`` would make it."""
        cls = self.component_class(folder)
        complaints: list[Complaint] = []
        made = OptionReader(folder, cls.__name__, complaints).made(cls, dict(self.options), _PLACE)
        if made is None:
            raise NotConforming(
                "it cannot be made: " + "; ".join(_shown(each) for each in complaints),
                "give the test class the options that it needs: options = {...}, as in a pipeline file",
            )
        return made

    def component_class(self, folder: Path) -> type:
        """The class under test."""
        if self.component is None:
            return type(self.make(folder))
        if isinstance(self.component, str):
            return find(self.kind, self.component, folder)
        try:
            return component_class(self.component, self.component.__name__)
        except PenstockError as error:
            raise NotConforming(error.message, error.hint) from None

    def owner(self, folder: Path) -> str:
        """The file that the class stands in."""
        return inspect.getfile(self.component_class(folder))

    @contextlib.contextmanager
    def opened(self, folder: Path, component: Any = None) -> Iterator[Any]:
        """The door to a component, entered if it is a context manager, and left at the end."""
        made = self.make(folder) if component is None else component
        name = type(made).__name__
        configured = Configured(self.kind, name, f"the {self.kind} {name}", made)
        with _pipeline(folder, configured) as pipeline:
            doors: dict[str, list[Any]] = {
                "source": pipeline.sources,
                "transform": pipeline.transforms,
                "recognizer": pipeline.recognizers,
                "sink": pipeline.sinks,
                "observer": pipeline.observers,
            }
            yield doors[self.kind][0]

    def test_is_a_component_of_its_kind(self, tmp_path: Path) -> None:
        """It is a dataclass with its kind's hooks, opens and closes, and says what it is for."""
        cls = self.component_class(tmp_path)
        if not (cls.__doc__ or "").strip() or (cls.__doc__ or "").startswith(f"{cls.__name__}("):
            raise NotConforming(
                f"{cls.__name__} does not say what it is for",
                "give the class a docstring: `penstock plugins` shows its first line",
            )
        with self.opened(tmp_path):
            pass


@contextlib.contextmanager
def _pipeline(folder: Path, *components: Configured) -> Iterator[Pipeline]:
    try:
        pipeline = Pipeline(Configuration("trial", folder, components, EngineOptions()))
    except ConfigurationError as error:
        raise wrong_hooks(error.complaints) from None
    with pipeline:
        yield pipeline
    for fault, what in pipeline.close_errors:
        raise NotConforming(f"{what} cannot be closed: {said_by(fault)}", "mend its __exit__") from fault


_PLACE = "its options"


def _shown(complaint: Complaint) -> str:
    """A complaint of an option, without the class and the words that are the same for all of them."""
    _, _, option = complaint.place.partition(_PLACE)
    what = complaint.what.removeprefix("cannot be made: ")
    return str(replace(complaint, place=option.removeprefix(", "), what=what)).removeprefix(": ")


def wrong_hooks(complaints: Sequence[Complaint]) -> NotConforming:
    """All that is wrong with a component's hooks, as one fault."""
    what = "; ".join(f"{each.place}: {each.what}" for each in complaints)
    return NotConforming(what, "; ".join(dict.fromkeys(each.instead for each in complaints if each.instead)))


__all__ = ["Conformance", "wrong_hooks"]
