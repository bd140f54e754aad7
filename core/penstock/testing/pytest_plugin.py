"""Fixtures for plugin authors. pytest finds them wherever penstock is installed.

pytest imports this module in every run, also for projects that have nothing to do with penstock, so each
fixture imports what it needs when it is used.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from penstock.model import Page
    from penstock.report import RunReport
    from penstock.spool import Spool
    from penstock.testing.azure import AzureReadServer
    from penstock.testing.drawing import DrawnPage


@pytest.fixture
def penstock_drawn_page(tmp_path: Path) -> DrawnPage:
    """A page drawn with known words at known positions."""
    from penstock.testing.drawing import draw_page

    return draw_page(tmp_path / "scans" / "drawn.png")


@pytest.fixture
def penstock_scanned_pages(tmp_path: Path) -> list[Page]:
    """Two small pages of real handwriting; `penstock.testing.scans.KNOWN_TEXT` has their text."""
    from penstock.testing.scans import scanned_pages

    return scanned_pages(tmp_path / "scans")


@pytest.fixture
def penstock_scripted_recognizer() -> Callable[..., dict[str, Any]]:
    """Make the table of a `Scripted` recognizer: ``penstock_scripted_recognizer(a=["refuse"])``."""
    from penstock.testing.runs import reference_to
    from penstock.testing.scripted import Scripted

    return lambda **script: {"plugin": reference_to(Scripted), "script": script, "first_poll": 0}


@pytest.fixture
def penstock_read_service() -> Iterator[Callable[..., AzureReadServer]]:
    """Start an `AzureReadServer`, ``penstock_read_service(recognition)``; it is stopped after the test."""
    from penstock.testing.azure import AzureReadServer

    with contextlib.ExitStack() as stack:
        yield lambda *arguments, **more: stack.enter_context(AzureReadServer(*arguments, **more))


@pytest.fixture
def penstock_run_pipeline(tmp_path: Path) -> Callable[..., RunReport]:
    """Run a pipeline in the test's folder: ``penstock_run_pipeline(sinks=[{"plugin": "shout"}])``."""
    from penstock.testing.runs import run_tables

    return lambda **tables: run_tables(tmp_path, **tables)


@pytest.fixture
def penstock_spool(tmp_path: Path) -> Spool:
    """A spool in the test's folder, for sources and transforms."""
    from penstock.spool import Spool

    return Spool(tmp_path / "spool")
