"""When a service may be called: rates kept, waits obeyed, and first polls that learn when pages are ready."""

from __future__ import annotations

import random
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from penstock.engine.pace import Pace
from penstock.model import Limits


def pace(**limits) -> Pace:
    return Pace(Limits(**limits), random.Random(0))


def calls_in_a_minute(made: Pace, kinds: list[str]) -> dict[str, list[float]]:
    """Call as fast as may be, the kinds in turn, for sixty seconds."""
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
def test_submits_and_polls_share_one_bucket(rate):
    times = calls_in_a_minute(pace(calls_per_second=rate), ["submit", "poll"])
    every = sorted(times["submit"] + times["poll"])
    assert len(every) <= 60 * rate + 2
    assert all(later - earlier >= 0.999 / rate for earlier, later in pairwise(every))


def test_two_rates_are_kept_apart():
    times = calls_in_a_minute(pace(submits_per_second=2, polls_per_second=5), ["submit", "poll"])
    assert len(times["submit"]) == pytest.approx(120, abs=2)
    assert len(times["poll"]) == pytest.approx(300, abs=2)


def test_a_wait_that_was_asked_for_holds_every_call_and_is_never_shortened():
    made = pace()
    made.hold(50)
    made.hold(20)
    assert made.free_at("submit") == made.free_at("poll") == 50


@given(st.integers(1, 1000), st.booleans(), st.floats(0.01, 100))
def test_many_polls_timed_by_one_guess_move_it_by_one_step(count, too_early, elapsed):
    made = pace(first_poll=elapsed)
    for _ in range(count):
        made.learn(elapsed, too_early=too_early)
    assert 0.95 * elapsed < made.first_poll() < 1.13 * elapsed


@pytest.mark.parametrize("start", [0.05, 1.0, 20.0])
def test_first_polls_come_to_rest_where_few_are_too_early(start):
    """Pages take 1.2 s, give or take; ten are in flight, so that every guess is judged ten pages later."""
    made, chance, early, tried = pace(first_poll=start), random.Random(1), 0, []
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
def test_waits_grow_are_jittered_and_end_somewhere(attempt):
    made = pace()
    waits = [made.backoff(attempt) for _ in range(20)]
    longest = min(60, 2 ** (attempt - 1))
    assert all(longest / 2 <= wait <= longest for wait in waits)
    assert len(set(waits)) > 1


def test_polls_of_one_operation_become_rarer():
    made = pace(poll_interval=(0.5, 5))
    assert [made.next_poll(elapsed) for elapsed in (0.1, 4, 10, 1000)] == [0.5, 1, 2.5, 5]
