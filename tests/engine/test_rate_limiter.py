"""The rate limiter keeps rates, obeys pauses, and learns when to poll first."""

from __future__ import annotations

import random
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from penstock.engine.limiter import RateLimiter
from penstock.model import Limits


def limiter(**limits) -> RateLimiter:
    return RateLimiter(Limits(**limits), random.Random(0))


def calls_in_a_minute(made: RateLimiter, kinds: list[str]) -> dict[str, list[float]]:
    """Make calls of several kinds as fast as the limiter allows, for sixty seconds."""
    now, times = 0.0, {kind: [] for kind in kinds}
    while now < 60:
        kind = min(kinds, key=made.free_at)
        now = max(now, made.free_at(kind))
        made.take(kind, now)
        times[kind].append(now)
        if not made.free_at(kind) > now:
            now += 0.001
    return times


@given(st.floats(0.2, 50))
def test_submits_and_polls_share_one_rate(rate):
    times = calls_in_a_minute(limiter(calls_per_second=rate), ["submit", "poll"])
    every = sorted(times["submit"] + times["poll"])
    assert len(every) <= 60 * rate + 2
    assert all(later - earlier >= 0.999 / rate for earlier, later in pairwise(every))


def test_separate_rates_are_independent():
    times = calls_in_a_minute(limiter(submits_per_second=2, polls_per_second=5), ["submit", "poll"])
    assert len(times["submit"]) == pytest.approx(120, abs=2)
    assert len(times["poll"]) == pytest.approx(300, abs=2)


def test_pause_holds_every_call_and_is_never_shortened():
    made = limiter()
    made.pause_until(50)
    made.pause_until(20)
    assert made.free_at("submit") == made.free_at("poll") == 50


@given(st.integers(1, 1000), st.booleans(), st.floats(0.01, 100))
def test_many_polls_timed_by_one_estimate_move_it_by_one_step(count, too_early, elapsed):
    made = limiter(first_poll=elapsed)
    for _ in range(count):
        made.learn(elapsed, too_early=too_early)
    assert 0.95 * elapsed < made.first_poll() < 1.13 * elapsed


@pytest.mark.parametrize("start", [0.05, 1.0, 20.0])
def test_few_first_polls_are_too_early(start):
    """Pages take about 1.2 s, and ten are in flight, so every estimate is judged ten pages later."""
    made, chance, early, tried = limiter(first_poll=start), random.Random(1), 0, []
    for page in range(3000):
        tried.append(made.first_poll())
        if page >= 10:
            elapsed = tried[page - 10]
            too_early = elapsed < chance.gauss(1.2, 0.1)
            made.learn(elapsed, too_early=too_early)
            early += too_early and page > 1000
    assert 1.0 < made.first_poll() < 1.7
    assert early / 2000 < 0.25


@given(st.integers(1, 100))
def test_backoff_grows_to_a_maximum_with_jitter(attempt):
    made = limiter()
    waits = [made.backoff(attempt) for _ in range(20)]
    longest = min(60, 2 ** (attempt - 1))
    assert all(longest / 2 <= wait <= longest for wait in waits)
    assert len(set(waits)) > 1


def test_polls_of_an_operation_become_rarer():
    made = limiter(poll_interval=(0.5, 5))
    assert [made.next_poll(elapsed) for elapsed in (0.1, 4, 10, 1000)] == [0.5, 1, 2.5, 5]
