"""When a recognizer may be called: its rates, its pauses, and the times of polls and retries."""

from __future__ import annotations

import random
from dataclasses import dataclass, field

from penstock.engine.jobs import CallKind
from penstock.model import Limits

SHARE_TOO_EARLY = 0.15
"""Share of first polls that may come too early. The others find the result, so one poll mostly suffices."""
STEP = 0.12
"""Relative increase of the expected time after a first poll that came too early."""
FIRST_WAIT = 1.0
LONGEST_WAIT = 60.0
GROWTH = 2.0


@dataclass(slots=True)
class _Bucket:
    """One call per interval, in seconds. There are no bursts, because services count bursts as too fast."""

    interval: float
    free_at: float = 0.0

    def take(self, now: float) -> None:
        self.free_at = max(now, self.free_at) + self.interval


@dataclass(slots=True)
class RateLimiter:
    """The rates and waits of one recognizer; used on the main thread only."""

    limits: Limits
    random: random.Random  # source of the jitter
    _paused_until: float = 0.0
    _expected: float = 0.0
    _buckets: dict[CallKind, list[_Bucket]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        limits = self.limits
        self._expected = limits.first_poll
        shared = _buckets(limits.calls_per_second)
        self._buckets = {
            "submit": shared + _buckets(limits.submits_per_second),
            "poll": shared + _buckets(limits.polls_per_second),
        }

    def free_at(self, kind: CallKind) -> float:
        """Return the time from which the next call of this kind may be made."""
        return max([self._paused_until, *(bucket.free_at for bucket in self._buckets[kind])])

    def take(self, kind: CallKind, now: float) -> None:
        for bucket in self._buckets[kind]:
            bucket.take(now)

    def pause_until(self, time: float) -> None:
        """Make no call before a time, because the service asked for it. A pause is never shortened."""
        self._paused_until = max(self._paused_until, time)

    def first_poll(self) -> float:
        """Return the seconds from a submit to its first poll."""
        return self._expected

    def next_poll(self, elapsed: float) -> float:
        """Return the seconds to the next poll of an operation that is ``elapsed`` seconds old."""
        shortest, longest = self.limits.poll_interval
        return min(longest, max(shortest, elapsed / 4))

    def learn(self, elapsed: float, *, too_early: bool) -> None:
        """Adjust the time of first polls by one that was made ``elapsed`` seconds after its submit.

        This estimates a quantile without a history. It grows by `STEP` after a poll that came too early and
        shrinks by a fraction of `STEP` otherwise, so it settles where `SHARE_TOO_EARLY` of the polls are
        too early. Many polls may have been timed by one old estimate, so a single estimate never moves
        further than one step away from the time that was tried.
        """
        if too_early:
            step = 1 + STEP
            self._expected = min(self._expected * step, max(self._expected, elapsed * step))
        else:
            step = 1 - STEP * SHARE_TOO_EARLY / (1 - SHARE_TOO_EARLY)
            self._expected = max(self._expected * step, min(self._expected, elapsed * step))

    def backoff(self, attempt: int) -> float:
        """Return the seconds to wait after failed attempts of a call."""
        return backoff(self.random, attempt)


def backoff(jitter: random.Random, attempt: int) -> float:
    """Return the seconds to wait after failed attempts: growing, and cut by up to half at random."""
    wait = min(LONGEST_WAIT, FIRST_WAIT * GROWTH ** (attempt - 1))
    return wait * jitter.uniform(0.5, 1.0)


def _buckets(rate: float | None) -> list[_Bucket]:
    return [_Bucket(1 / rate)] if rate else []
