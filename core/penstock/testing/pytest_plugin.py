"""Fixtures for plugin authors, found by pytest wherever penstock is installed. Nothing is imported early."""

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
    from penstock.testing.drawing import DrawnPage
    from penstock.testing.service import AzureReadServer


@pytest.fixture
def drawn_page(tmp_path: Path) -> DrawnPage:
    """A page drawn with known words, and where they stand on it."""
    from penstock.testing.drawing import draw_page

    return draw_page(tmp_path / "scans" / "drawn.png")


@pytest.fixture
def scanned_pages(tmp_path: Path) -> list[Page]:
    """Two small pages of real handwriting; `penstock.testing.scans.KNOWN_TEXT` says what stands on them."""
    from penstock.testing.scans import scanned_pages as scanned

    return scanned(tmp_path / "scans")


@pytest.fixture
def scripted_recognizer() -> Callable[..., dict[str, Any]]:
    """The table of a recognizer that does what it is told: ``scripted_recognizer(a=["refuse"])``."""
    from penstock.testing.scripted import Scripted
    from penstock.testing.trial import reference_to

    def table(**script: list[str]) -> dict[str, Any]:
        return {"plugin": reference_to(Scripted), "script": script, "first_poll": 0}

    return table


@pytest.fixture
def read_service() -> Iterator[Callable[..., AzureReadServer]]:
    """Starts Read services on loopback, ``read_service(recognition)``, and stops them after the test."""
    from penstock.testing.service import AzureReadServer

    with contextlib.ExitStack() as stack:
        yield lambda *arguments, **more: stack.enter_context(AzureReadServer(*arguments, **more))


@pytest.fixture
def run_pipeline(tmp_path: Path) -> Callable[..., RunReport]:
    """Run a pipeline in the test's folder: ``run_pipeline(sinks=[{"plugin": "shout"}])``."""
    from penstock.testing.trial import run_tables

    return lambda **tables: run_tables(tmp_path, **tables)


@pytest.fixture
def spool(tmp_path: Path) -> Spool:
    """Where a source or transform keeps pictures."""
    from penstock.spool import Spool

    return Spool(tmp_path / "spool")
