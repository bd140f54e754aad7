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
from penstock.plugins import hooks_of
from penstock.testing.conformance.base import Conformance
from penstock.testing.conformance.faults import NotConforming, NothingFound, said_by
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
        made = test.make(Path(folder))
    reason = _reason_to_spare(kind, made)
    for name in _tests(type(test)):
        if reason and name in test.costly:
            yield Outcome(_promise(test, name), "left out", reason)
        else:
            yield _outcome(test, name)


def _reason_to_spare(kind: str, component: Any) -> str:
    """Why the costly tests are left out; empty if they cost nothing."""
    if kind == "source":
        live = "end_sitting" in hooks_of(type(component))
        return "it has sittings: it would wait for somebody" if live else ""
    try:
        remote = kind == "recognizer" and component.limits().remote
    except Exception:
        # Only its own word that pages stay here counts.
        remote = True
    return "it would send pages to a service" if remote else ""


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
        except NothingFound as fault:
            return Outcome(promise, "left out", fault.what)
        except NotConforming as fault:
            return Outcome(promise, "broken", fault.what, fault.instead)
        except PenstockError as error:
            return Outcome(promise, "broken", error.message, error.hint)
        except Exception as error:
            return Outcome(promise, "broken", f"raises {said_by(error)}", "mend it, or tell its author")
    return Outcome(promise, "kept")


__all__ = ["CLASSES", "Outcome", "outcomes"]
