"""Workers that are kept from run to run."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from penstock.config import Configured
from penstock.images import find_pages
from penstock.model import Resources
from penstock.plugins import find
from penstock.workers import Recipe, WorkerPool, recipe_of
from pipelines import double


@pytest.fixture
def recipe(tmp_path: Path) -> Recipe:
    component = find("recognizer", double("reading:Reading"), tmp_path)(log=tmp_path)
    configured = Configured("recognizer", "reading", "", component)
    return recipe_of(configured, "the recognizer 'reading'", Resources(), component.cache_key())


@pytest.fixture
def pool() -> Iterator[WorkerPool]:
    pool = WorkerPool()
    yield pool
    pool.close()


def test_workers_are_kept_while_they_would_be_made_in_the_same_way(recipe: Recipe, pool: WorkerPool) -> None:
    with pool.lent(0, recipe, 9.0, 1) as first:
        assert pool.is_empty
    with pool.lent(0, replace(recipe), 9.0, 1) as second, pool.lent(0, recipe, 9.0, 1) as beside:
        assert second is first
        assert beside is not first
    with pool.lent(0, replace(recipe, cache_key={"version": "2"}), 9.0, 1) as other:
        assert other not in {first, beside}
    with pool.lent(1, recipe, 9.0, 1) as of_another_recognizer:
        assert of_another_recognizer is not other


def test_workers_with_a_page_under_way_are_not_kept(
    draw: Callable[..., Path], recipe: Recipe, pool: WorkerPool
) -> None:
    (page,) = find_pages(draw("a.png"), "a")
    with pool.lent(0, recipe, 9.0, 1) as workers:
        workers.start(page, lambda _answer, _seconds: None)
    assert pool.is_empty
    assert workers.process_ids() == []


def test_a_closed_pool_keeps_nothing(recipe: Recipe, pool: WorkerPool) -> None:
    with pool.lent(0, recipe, 9.0, 1):
        pool.close()
    assert pool.is_empty
