"""Runs conformance tests without pytest, for `penstock plugins --check`."""

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
from penstock.model import Limits
from penstock.plugins import hook_complaints, hooks_of
from penstock.testing.conformance.amender import AmenderConformance
from penstock.testing.conformance.base import Conformance, hooks_error
from penstock.testing.conformance.errors import PLUGIN_ERRORS, ConformanceError, NothingToTest, describe
from penstock.testing.conformance.observer import ObserverConformance
from penstock.testing.conformance.recognizer import RecognizerConformance
from penstock.testing.conformance.rule import RuleConformance
from penstock.testing.conformance.sink import SinkConformance
from penstock.testing.conformance.source import SourceConformance
from penstock.testing.conformance.transform import TransformConformance

CLASSES: dict[str, type[Conformance]] = {
    each.kind: each
    for each in (
        SourceConformance,
        TransformConformance,
        RecognizerConformance,
        RuleConformance,
        AmenderConformance,
        SinkConformance,
        ObserverConformance,
    )
}


@dataclass(frozen=True, slots=True)
class Outcome:
    """The outcome of one test."""

    rule: str  # what the component must do, as a sentence
    state: Literal["passed", "failed", "skipped"]
    message: str = ""  # what is wrong, or why the test was skipped
    hint: str = ""
    is_fatal: bool = False  # no other test can be run before this is fixed
    printed: tuple[str, ...] = ()  # lines that the component printed during the test


def live_effects(kind: str, component: type, options: Mapping[str, Any]) -> str:
    """Return what the costly tests of a component do, as a clause; empty if they cost nothing.

    Raises ConformanceError if the component cannot be made from these options.
    """
    if not _made(kind, component, options)[2]:
        return ""
    if kind == "recognizer":
        pages = RecognizerConformance.pages_sent
        return f"sends {pages} pages with drawn words to the service, which may bill each of them"
    return "opens the source, and waits for its input"


def _made(kind: str, component: type, options: Mapping[str, Any]) -> tuple[Conformance, Any, str]:
    """Return the test of a component, the component, and why its costly tests are skipped."""
    test: Conformance = type("Check", (CLASSES[kind],), {"component": component, "options": options})()
    with tempfile.TemporaryDirectory() as folder, _captured([]):
        made = test.make(Path(folder))
        return test, made, _reason_to_skip_costly_tests(kind, made)


def outcomes(
    kind: str, component: type, options: Mapping[str, Any], *, live: bool = False
) -> Iterator[Outcome]:
    """Run the tests of a kind on a component, and yield the outcome of each.

    ``live`` includes the tests that may send pages to a service or wait for input. Raises ConformanceError if
    the component cannot be made from these options.
    """
    test, made, reason = _made(kind, component, options)
    tests = _tests(type(test))
    if complaints := hook_complaints(type(made), kind, type(made).__name__):
        error = hooks_error(complaints)
        yield Outcome(_rule(test, tests[0]), "failed", error.message, error.hint, is_fatal=True)
        return
    for name in tests:
        if reason and not live and name in test.costly:
            yield Outcome(_rule(test, name), "skipped", reason)
        else:
            printed: list[str] = []
            with _captured(printed):
                outcome = _outcome(test, name)
            yield replace(outcome, printed=tuple(printed))


@contextlib.contextmanager
def _captured(printed: list[str]) -> Iterator[None]:
    """Capture what a component prints, which would otherwise appear between the outcomes."""
    with tempfile.TemporaryFile("w+", encoding="utf-8", errors="backslashreplace") as file:
        with contextlib.redirect_stdout(file), contextlib.redirect_stderr(file):
            yield
        file.seek(0)
        printed += file.read().splitlines()


def _reason_to_skip_costly_tests(kind: str, component: Any) -> str:
    """Return why the costly tests are skipped; empty if they cost nothing."""
    if kind == "source":
        waits = "request_stop" in hooks_of(type(component)) or getattr(type(component), "is_live", False)
        return "it is a live source: it would wait for input" if waits else ""
    try:
        hooks = hooks_of(type(component))
        limits = component.limits() if "limits" in hooks else Limits(remote="read" not in hooks)
        remote = kind == "recognizer" and limits.remote
    except PLUGIN_ERRORS:
        # Pages are sent only if the recognizer itself says that they stay on this machine.
        remote = True
    return "it would send pages to a service" if remote else ""


def _rule(test: Conformance, name: str) -> str:
    return (inspect.getdoc(getattr(test, name)) or name).partition("\n")[0]


def _tests(cls: type) -> list[str]:
    """Return the names of a class's tests, those of its base class first."""
    names = [name for base in reversed(cls.__mro__) for name in vars(base) if name.startswith("test_")]
    return list(dict.fromkeys(names))


def _outcome(test: Conformance, name: str) -> Outcome:
    method, rule = getattr(test, name), _rule(test, name)
    # A component may leave files that cannot be deleted; the system's temporary folder is the place for them.
    with tempfile.TemporaryDirectory(prefix="penstock-check-", ignore_cleanup_errors=True) as folder:
        try:
            method(Path(folder).resolve())
        except SkipTest as reason:
            return Outcome(rule, "skipped", str(reason))
        except NothingToTest as error:
            return Outcome(rule, "skipped", error.message)
        except (ConformanceError, PenstockError) as error:
            return Outcome(rule, "failed", error.message, error.hint)
        except PLUGIN_ERRORS as error:
            return Outcome(rule, "failed", f"raises {describe(error)}", "fix it, or tell its author")
    return Outcome(rule, "passed")
