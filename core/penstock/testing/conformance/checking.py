"""The conformance tests that cost nothing, without pytest: for `penstock plugins --check`."""

from __future__ import annotations

import contextlib
import inspect
import tempfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Literal
from unittest import SkipTest

from penstock.errors import PenstockError
from penstock.plugins import hook_complaints, hooks_of
from penstock.testing.conformance.base import Conformance, wrong_hooks
from penstock.testing.conformance.faults import ITS_FAULTS, NotConforming, NothingFound, said_by
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
    ends
        Whether nothing else can be tried until it is mended.
    printed
        Lines that the component printed meanwhile.
    """

    promise: str
    state: Literal["kept", "broken", "left out"]
    what: str = ""
    instead: str = ""
    ends: bool = False
    printed: tuple[str, ...] = ()


def outcomes(kind: str, component: type, options: Mapping[str, Any]) -> Iterator[Outcome]:
    """Try a component of a kind out, one promise after the other.

    Raises
    ------
    NotConforming
        It cannot be made of these options, so that nothing can be tried.
    """
    test = type("Check", (CLASSES[kind],), {"component": component, "options": options})()
    with tempfile.TemporaryDirectory() as folder, _held_back([]):
        made = test.make(Path(folder))
        reason = _reason_to_spare(kind, made)
    tests = _tests(type(test))
    if complaints := hook_complaints(type(made), kind, type(made).__name__):
        fault = wrong_hooks(complaints)
        yield Outcome(_promise(test, tests[0]), "broken", fault.what, fault.instead, ends=True)
        return
    for name in tests:
        if reason and name in test.costly:
            yield Outcome(_promise(test, name), "left out", reason)
        else:
            printed: list[str] = []
            with _held_back(printed):
                outcome = _outcome(test, name)
            yield replace(outcome, printed=tuple(printed))


@contextlib.contextmanager
def _held_back(printed: list[str]) -> Iterator[None]:
    """Keep what a component prints, which would stand between the outcomes."""
    with tempfile.TemporaryFile("w+", encoding="utf-8", errors="backslashreplace") as file:
        with contextlib.redirect_stdout(file), contextlib.redirect_stderr(file):
            yield
        file.seek(0)
        printed += file.read().splitlines()


def _reason_to_spare(kind: str, component: Any) -> str:
    """Why the costly tests are left out; empty if they cost nothing."""
    if kind == "source":
        live = "request_stop" in hooks_of(type(component))
        return "it has sittings: it would wait for somebody" if live else ""
    try:
        remote = kind == "recognizer" and component.limits().remote
    except ITS_FAULTS:
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
        except ITS_FAULTS as error:
            return Outcome(promise, "broken", f"raises {said_by(error)}", "mend it, or tell its author")
    return Outcome(promise, "kept")


__all__ = ["CLASSES", "Outcome", "outcomes"]
