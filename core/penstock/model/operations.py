"""Submitted pages, and the limits of the service that recognizes them."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from penstock.model.checks import check_seconds
from penstock.model.prices import Price, check_price


@dataclass(frozen=True, slots=True)
class Operation:
    """A submitted page whose result can be polled.

    Parameters
    ----------
    data
        Everything that `poll` needs. JSON-able.
    durable
        Whether another process can poll the operation, after a restart.
    poll_after
        Seconds to wait before the first poll; None lets the engine decide.
    """

    data: Mapping[str, Any]
    durable: bool = False
    poll_after: float | None = None

    def __post_init__(self) -> None:
        check_seconds("poll_after", self.poll_after)


@dataclass(frozen=True, slots=True)
class Pending:
    """Result of a `poll` whose operation is not finished.

    Parameters
    ----------
    poll_after
        Seconds to wait before the next poll; None lets the engine decide.
    """

    poll_after: float | None = None

    def __post_init__(self) -> None:
        check_seconds("poll_after", self.poll_after)


@dataclass(frozen=True, slots=True)
class Limits:
    """Rates, deadlines and price of a recognizer's service. The engine keeps to them.

    Parameters
    ----------
    calls_per_second
        Rate of submits and polls together.
    submits_per_second, polls_per_second
        Rates of each, in addition to `calls_per_second`.
    in_flight
        Maximum number of pages that are submitted and not yet recognized.
    first_poll
        Seconds from a submit to its first poll, until the run has measured how long pages take.
    poll_interval
        Seconds between polls of one operation: the first interval, and the longest.
    attempts
        How often one call is tried before its page fails.
    deadline
        Seconds from the first submit of a page until the page fails, including all attempts.
    remote
        Whether pages are sent to a service that may bill them. Each submit is then stored before it is
        made. False for a recognizer that runs on this machine.
    price_per_1000
        Price of a thousand pages, in any currency; or its steps within a calendar month; None if it is not
        known.
    max_side, max_bytes
        Largest side in pixels, and size in bytes, of a picture that the service accepts. Sheets of lines keep
        to them (``unit = "lines"``); None for 4,000 pixels and 4 MB. Pages are not changed to fit.
    """

    calls_per_second: float | None = None
    submits_per_second: float | None = None
    polls_per_second: float | None = None
    in_flight: int | None = None
    first_poll: float = 1.0
    poll_interval: tuple[float, float] = (1.0, 5.0)
    attempts: int = 6
    deadline: float = 900.0
    remote: bool = True
    price_per_1000: Price | None = None
    max_side: int | None = None
    max_bytes: int | None = None

    def __post_init__(self) -> None:
        for name in ("calls_per_second", "submits_per_second", "polls_per_second"):
            rate = getattr(self, name)
            if rate is not None and not (math.isfinite(rate) and rate > 0):
                raise ValueError(f"{name} must be a finite number greater than 0, got {rate}")
        for name in ("attempts", "in_flight", "max_side", "max_bytes"):
            number = getattr(self, name)
            if number is not None and number < 1:
                raise ValueError(f"{name} must be at least 1, got {number}")
        check_price("price_per_1000", self.price_per_1000)
        check_seconds("first_poll", self.first_poll)
        check_seconds("deadline", self.deadline)
        for seconds in self.poll_interval:
            check_seconds("poll_interval", seconds)
