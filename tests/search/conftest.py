"""Pictures whose text is known, read through the command."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from pathlib import Path
from subprocess import CompletedProcess

import pytest

from existing_pages import foreign
from penstock.model import RecognizedPage
from penstock.testing import draw_page
from penstock.transcriptions.alto_writer import alto_page
from processes import penstock


@pytest.fixture
def command(tmp_path: Path) -> Callable[..., CompletedProcess[str]]:
    """Run ``penstock ...`` in the test's folder."""
    return partial(penstock, tmp_path)


@pytest.fixture
def letter(tmp_path: Path) -> Callable[..., RecognizedPage]:
    """Draw a picture with an ALTO file beside it: ``letter("letters/a.png", "Dear Anna")``."""

    def make(name: str, *lines: str) -> RecognizedPage:
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        drawn = draw_page(path, lines)
        page = RecognizedPage(drawn.page, drawn.recognition)
        path.with_suffix(".xml").write_text(foreign(alto_page(page).decode()))
        return page

    return make


@pytest.fixture
def read(command: Callable[..., CompletedProcess[str]]) -> Callable[..., None]:
    """Take the text of the ALTO files: ``read("letters")``."""

    def run(*arguments: str) -> None:
        done = command("read", *arguments, "--with", "existing", "--to", "text")
        assert done.returncode == 0, done.stderr

    return run
