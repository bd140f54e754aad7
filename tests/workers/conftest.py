"""A Dask cluster for tests."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from penstock.config import check
from penstock.engine import Run, RunOptions
from penstock.pipeline import Pipeline
from penstock.report import RunReport
from workers.dask_cluster import DaskCluster, tables_for


@pytest.fixture(scope="module")
def cluster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    """A scheduler with two workers, each with one thread."""
    cluster = DaskCluster(tmp_path_factory.mktemp("cluster"))
    cluster.add_worker()
    cluster.add_worker()
    cluster.wait_for(2)
    yield cluster
    cluster.close()


@pytest.fixture
def pages(tmp_path: Path) -> Callable[..., None]:
    """Draw pages with these names, each with a picture of its own."""

    def draw(*names: str) -> None:
        for number, name in enumerate(names):
            Image.new("RGB", (60, 40), (number, 255, 255)).save(tmp_path / f"{name}.png")

    return draw


@pytest.fixture
def read_on(tmp_path: Path) -> Callable[..., RunReport]:
    """Run a pipeline with the recognizer `reading` on a cluster, or on processes of this machine."""
    (tmp_path / "log").mkdir()

    def run(where: str | int, *, engine: dict[str, Any] | None = None, **options: Any) -> RunReport:
        tables = tables_for(where, engine=engine, **options)
        configuration = check(tables, tmp_path, where="test.toml", name="test")
        return Run(Pipeline(configuration), RunOptions()).execute()

    return run
