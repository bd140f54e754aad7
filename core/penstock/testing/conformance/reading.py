"""One page through a recognizer, submit to end, as the engine takes it, with each answer looked at."""

from __future__ import annotations

import json
import time
from dataclasses import dataclass, field
from typing import Any

from penstock.errors import TryAgain
from penstock.model import Operation, Page, Pending, Recognition
from penstock.pipeline import RecognizerStage
from penstock.testing.conformance.faults import NotConforming
from penstock.testing.conformance.sleep import watched_sleeps

__tracebackhide__ = True

PAUSE = 0.02


@dataclass
class Reading:
    """Submits and polls by itself; the waiting is done here, never in the plugin.

    Parameters
    ----------
    owner
        The file of the recognizer's class.
    patience
        Seconds that a page may take.
    watch
        Whether to look for sleeps; not while several threads read, since each would be slowed down.
    """

    door: RecognizerStage
    owner: str
    patience: float
    watch: bool = True
    slept: list[str] = field(default_factory=list)

    def submit(self, page: Page) -> Operation | Recognition | None:
        """Hand a page over, again if that is asked for."""
        answer = self._called("submit", page=page)
        return as_json(answer) if isinstance(answer, Operation) else answer

    def finish(self, operation: Operation) -> Recognition:
        """Poll an operation to its end."""
        ends_at = time.monotonic() + self.patience
        wait = operation.poll_after or 0.0
        while True:
            if time.monotonic() + wait > ends_at:
                raise NotConforming(
                    f"a page is not read after {self.patience:.0f} seconds of polling",
                    "let poll return the Recognition at last; or set patience = ... if it is only slow",
                )
            time.sleep(wait or PAUSE)
            answer = self._called("poll", operation=operation)
            if isinstance(answer, Recognition):
                return answer
            wait = answer.poll_after or 0.0
            operation = as_json(answer) if isinstance(answer, Operation) else operation

    def read(self, page: Page) -> Recognition | None:
        """Submit a page and poll it to its end; None if it was declined."""
        answer = self.submit(page)
        return self.finish(answer) if isinstance(answer, Operation) else answer

    def _called(self, hook: str, **arguments: Any) -> Any:
        attempts = self.door.limits().attempts
        for attempt in range(attempts):
            try:
                return self._watched(hook, **arguments)
            except TryAgain as error:
                if attempt == attempts - 1:
                    raise
                time.sleep(error.retry_after or PAUSE)
        raise AssertionError

    def _watched(self, hook: str, **arguments: Any) -> Any:
        call = getattr(self.door, hook)
        if not self.watch:
            return call(**arguments)
        with watched_sleeps(self.owner) as sleeps:
            answer = call(**arguments)
        self.slept += [f"{hook} sleeps: {each}" for each in sleeps.found]
        return answer


def as_json(operation: Operation) -> Operation:
    """The operation as it comes back from the journal."""
    try:
        data = json.loads(json.dumps(dict(operation.data), allow_nan=False))
    except (TypeError, ValueError) as error:
        raise NotConforming(
            f"an operation's data cannot be kept: {error}",
            "put texts, numbers, lists and tables into Operation(data=...) alone: a URL, an id",
        ) from None
    return Operation(data, operation.durable, operation.poll_after)


def checked_answer(answer: object) -> Recognition:
    """An answer that has to be a recognition."""
    if isinstance(answer, Recognition):
        return answer
    if isinstance(answer, Pending):
        raise NotConforming("submit answers with Pending", "return an Operation, and Pending from poll")
    raise NotConforming(
        "it declines the page of the test",
        "override pages() with pages that it takes, as draw_page(folder / 'a.png', ['words']) makes them",
    )


__all__ = ["Reading", "as_json", "checked_answer"]
