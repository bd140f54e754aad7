"""Repeats a delivery that failed for now."""

from __future__ import annotations

from collections.abc import Callable

WAITS = (1.0, 4.0, 10.0)
"""Seconds before the second try and those after it."""


class NotDelivered(Exception):
    """A notification was not taken; the argument says why, without secrets."""

    def __init__(self, why: str, *, is_temporary: bool) -> None:
        super().__init__(why)
        self.is_temporary = is_temporary


def deliver(send: Callable[[], None], wait: Callable[[float], object]) -> None:
    """Send a notification, up to four times. Raises NotDelivered for the last failure."""
    for seconds in (*WAITS, None):
        try:
            send()
        except NotDelivered as error:
            if seconds is None or not error.is_temporary:
                raise
            wait(seconds)
        else:
            return
