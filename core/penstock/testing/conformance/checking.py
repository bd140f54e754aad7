"""The conformance tests that cost nothing, without pytest: for `penstock plugins --check`."""

from __future__ import annotations

import inspect
import tempfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal
from unittest import SkipTest

from penstock.errors import PenstockError
from penstock.testing.conformance.base import Conformance
from penstock.testing.conformance.faults import NotConforming, said_by
from penstock.testing.conformance.observer import ObserverConformance
from penstock.testing.conformance.recognizer import RecognizerConformance
from penstock.testing.conformance.sink import SinkConformance
from penstock.testing.conformance.source import SourceConformance
from penstock.testing.conformance.transform import TransformConformance

CLASSES: dict[str, type[Conformance]] = {
    each.kind: each
    for each in (
        SourceConformance,
        TransformConformance,
        RecognizerConformance,
        SinkConformance,
        ObserverConformance,
    )
}


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of one test.

    Parameters
    ----------
    promise
        What the component has to do, as a sentence.
    state
        ``left out`` for what would send pages to a service, or cannot be tried on this component.
    """

    promise: str
    state: Literal["kept", "broken", "left out"]
    what: str = ""
    instead: str = ""


def outcomes(kind: str, component: type, options: Mapping[str, Any]) -> Iterator[Outcome]:
    """Try a component of a kind out, one promise after the other.

    Raises
    ------
    NotConforming
        It cannot be made of these options, so that nothing can be tried.
    """
    test = type("Check", (CLASSES[kind],), {"component": component, "options": options})()
    with tempfile.TemporaryDirectory() as folder:
        remote = _is_remote(test.make(Path(folder)))
    for name in _tests(type(test)):
        if remote and name in test.costly:
            yield Outcome(_promise(test, name), "left out", "it would send pages to a service")
        else:
            yield _outcome(test, name)


def _is_remote(component: Any) -> bool:
    """Whether a recognizer's pages may leave this machine: only its own word that they do not counts."""
    try:
        return bool(component.limits().remote)
    except Exception:
        return True


def _promise(test: Conformance, name: str) -> str:
    return (inspect.getdoc(getattr(test, name)) or name).partition("\n")[0]


def _tests(cls: type) -> list[str]:
    """The names of its tests, the base class's first."""
    names = [name for base in reversed(cls.__mro__) for name in vars(base) if name.startswith("test_")]
    return list(dict.fromkeys(names))


def _outcome(test: Conformance, name: str) -> Outcome:
    method, promise = getattr(test, name), _promise(test, name)
    # What cannot be removed again lies with the system's other temporary files.
    with tempfile.TemporaryDirectory(prefix="penstock-check-", ignore_cleanup_errors=True) as folder:
        try:
            method(Path(folder).resolve())
        except SkipTest as reason:
            return Outcome(promise, "left out", str(reason))
        except NotConforming as fault:
            return Outcome(promise, "broken", fault.what, fault.instead)
        except PenstockError as error:
            return Outcome(promise, "broken", error.message, error.hint)
        except Exception as error:
            return Outcome(promise, "broken", f"raises {said_by(error)}", "mend it, or tell its author")
    return Outcome(promise, "kept")


__all__ = ["CLASSES", "Outcome", "outcomes"]
