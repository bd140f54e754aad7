"""Pages for transforms, and a spool for their pictures."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from PIL import Image

from penstock.images import find_pages
from penstock.model import Page
from penstock.spool import Spool


@pytest.fixture
def spool(tmp_path: Path) -> Spool:
    return Spool(tmp_path / "spool")


@pytest.fixture
def page_of(tmp_path: Path) -> Callable[..., Page]:
    """Return a function that saves a picture and returns its page."""

    def make(image: Image.Image, name: str = "page.png", **save) -> Page:
        path = tmp_path / name
        image.save(path, **save)
        (page,) = find_pages(path, name)
        return page

    return make
