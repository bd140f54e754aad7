"""A pipeline whose recognizer logs its calls, over several runs."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from pipelines import tables


@pytest.fixture
def pipeline(tmp_path):
    """Make tables of a pipeline whose recognizer logs its calls."""

    def made(paths: list[Path], script: dict[str, list[str]] | None = None, **options: Any) -> dict[str, Any]:
        made = tables(paths, script=script)
        made["recognizers"][0] |= {"log": str(tmp_path / "calls"), **options}
        return made

    return made


@pytest.fixture
def calls(tmp_path):
    """Return the calls since the last time, and clear the log."""

    def made() -> list[str]:
        log = tmp_path / "calls"
        said = log.read_text().splitlines() if log.exists() else []
        log.unlink(missing_ok=True)
        return said

    return made
