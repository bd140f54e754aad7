"""When a recognizer may be called: its rates, the waits it asked for, and how long its pages take."""

from __future__ import annotations

import random
from dataclasses import dataclass, field
from typing import Literal

from penstock.model import Limits

Call = Literal["submit", "poll"]

SHARE_TOO_EARLY = 0.15
"""Of first polls that may come too early; the rest finds its page read. One poll then mostly suffices."""
STEP = 0.12
"""By how much of itself the guess grows after a first poll that came too early."""
FIRST_WAIT = 1.0
LONGEST_WAIT = 60.0
GROWTH = 2.0


@dataclass(slots=True)
class Bucket:
    """One call every so many seconds: no bursts, for a burst is what a service counts as too much."""

    interval: float
    free_at: float = 0.0

    def take(self, now: float) -> None:
        """Use the bucket up until the next call is due."""
        self.free_at = max(now, self.free_at) + self.interval


@dataclass(slots=True)
class Pace:
    """One recognizer's.

    Parameters
    ----------
    limits
        As the recognizer gave them.
    random
        Where jitter comes from.
    """

    limits: Limits
    random: random.Random
    in_flight: int = 0
    _held_until: float = 0.0
    _guess: float = 0.0
    _buckets: dict[Call, list[Bucket]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        limits = self.limits
        self._guess = limits.first_poll
        shared = _buckets(limits.calls_per_second)
        self._buckets = {
            "submit": shared + _buckets(limits.submits_per_second),
            "poll": shared + _buckets(limits.polls_per_second),
        }

    def free_at(self, call: Call) -> float:
        """The moment from which the next call of a kind may be made."""
        return max([self._held_until, *(bucket.free_at for bucket in self._buckets[call])])

    def take(self, call: Call, now: float) -> None:
        """Note that a call is being made."""
        for bucket in self._buckets[call]:
            bucket.take(now)

    def hold(self, until: float) -> None:
        """Make no call at all before a moment: the service asked for it."""
        self._held_until = max(self._held_until, until)

    def first_poll(self) -> float:
        """Seconds from a submit to its first poll."""
        return self._guess

    def next_poll(self, elapsed: float) -> float:
        """Seconds from a poll that came too early to the next one."""
        shortest, longest = self.limits.poll_interval
        return min(longest, max(shortest, elapsed / 4))

    def learn(self, elapsed: float, *, too_early: bool) -> None:
        """Learn from a first poll: a running quantile of how long pages take, that needs no history.

        Stepping up by `STEP` when it was too early and down by a fraction of it when not comes to rest
        where the share of early polls is `SHARE_TOO_EARLY`. Many polls may come back that were all timed
        by one old guess: no step goes further than a step away from the time that was really tried.
        """
        if too_early:
            step = 1 + STEP
            self._guess = min(self._guess * step, max(self._guess, elapsed * step))
        else:
            step = 1 - STEP * SHARE_TOO_EARLY / (1 - SHARE_TOO_EARLY)
            self._guess = max(self._guess * step, min(self._guess, elapsed * step))

    def backoff(self, attempt: int) -> float:
        """Seconds to wait after the given number of failed attempts: growing, and jittered by half."""
        wait = min(LONGEST_WAIT, FIRST_WAIT * GROWTH ** (attempt - 1))
        return wait * self.random.uniform(0.5, 1.0)


def _buckets(rate: float | None) -> list[Bucket]:
    return [Bucket(1 / rate)] if rate else []


__all__ = ["Call", "Pace"]
