"""Submits and polls pages as the engine does, and checks each answer."""

from __future__ import annotations

import json
import time
from dataclasses import dataclass, field
from typing import Any

from penstock.errors import PluginError, TryAgain
from penstock.model import Document, Operation, Page, Pending, Recognition
from penstock.stages import RecognizerStage
from penstock.testing.conformance.errors import ConformanceError, NothingToTest
from penstock.testing.conformance.watching import watched_sleeps

__tracebackhide__ = True

PAUSE = 0.02


@dataclass
class Driver:
    """Drives one recognizer. It waits between calls, so that the plugin need not."""

    stage: RecognizerStage
    owner: str  # the file of the recognizer's class
    patience: float  # seconds that a page may take
    watch: bool = True  # record sleeps; not with several threads, because profiling slows all of them down
    sleeps: list[str] = field(default_factory=list)

    def submit(self, page: Page) -> Operation | Recognition | None:
        """Submit or read a page. An operation is returned as the journal would return it."""
        if self.stage.computes:
            result: Recognition | None = self._call("read", page=page)
            return result
        document = Document(page.picture.path.stem, page.origin, [], beside=page.picture.path.parent)
        answer = self._call("submit", page=page, original=page, document=document)
        return as_stored(answer) if isinstance(answer, Operation) else answer

    def finish(self, operation: Operation) -> Recognition:
        """Poll an operation until it has a result."""
        ends_at = time.monotonic() + self.patience
        wait = operation.poll_after or 0.0
        while True:
            if time.monotonic() + wait > ends_at:
                raise ConformanceError(
                    f"polling must end with a Recognition, got none within {self.patience:.0f} seconds",
                    "let poll return the Recognition; set patience = ... on the test class if it is slow",
                )
            time.sleep(wait or PAUSE)
            answer = self._call("poll", operation=operation)
            if isinstance(answer, Recognition):
                return answer
            wait = answer.poll_after or 0.0
            operation = as_stored(answer) if isinstance(answer, Operation) else operation

    def recognize(self, page: Page) -> Recognition | None:
        """Read a page, or submit it and poll until it has a result; None if the recognizer declines it."""
        answer = self.submit(page)
        return self.finish(answer) if isinstance(answer, Operation) else answer

    def _call(self, hook: str, **arguments: Any) -> Any:
        attempts = self.stage.limits().attempts
        for attempt in range(attempts):
            try:
                return self._watched_call(hook, **arguments)
            except TryAgain as error:
                if attempt == attempts - 1:
                    raise
                time.sleep(error.retry_after or PAUSE)
            except PluginError as error:
                raise ConformanceError(error.message, _WRONG_ANSWER) from None
        raise AssertionError

    def _watched_call(self, hook: str, **arguments: Any) -> Any:
        call = getattr(self.stage, hook)
        if not self.watch:
            return call(**arguments)
        with watched_sleeps(self.owner) as watch:
            answer = call(**arguments)
        self.sleeps += [f"{hook} must not sleep, got {each}" for each in watch.sleeps]
        return answer


_WRONG_ANSWER = (
    "return a Recognition or None from submit or read; returning an Operation requires the hook poll"
)


def as_stored(operation: Operation) -> Operation:
    """Return the operation as the journal would store and load it."""
    try:
        data = json.loads(json.dumps(dict(operation.data), allow_nan=False))
    except (TypeError, ValueError) as error:
        raise ConformanceError(
            f"an operation's data must be JSON-able: {error}",
            "put only str, int, float, list and dict into Operation(data=...), such as a URL or an id",
        ) from None
    return Operation(data, operation.durable, operation.poll_after)


def checked_answer(answer: object) -> Recognition:
    """Return an answer that must be a recognition."""
    if isinstance(answer, Recognition):
        return answer
    if isinstance(answer, Pending):
        raise ConformanceError(
            "submit must not return Pending", "return an Operation from submit, and Pending from poll"
        )
    raise NothingToTest(
        "the recognizer must accept the page of the test, but declined it",
        "override pages() with pages that it accepts, made by draw_page(folder / 'a.png', ['words'])",
    )
