"""Chromium, driven by Playwright, and axe-core, for tests and measurements in a real browser.

`tests/install_browser` installs what is missing.
"""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path
from typing import Any

INSTALL = "run tests/install_browser"
AXE = Path(__file__).parent / ".browser/node_modules/axe-core/axe.min.js"
NAMES = ("chromium", "chromium-browser", "google-chrome")
OPTIONS = [
    "--no-sandbox",  # tests may run as root in a container
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]


class BrowserMissing(Exception):
    """Chromium or Playwright is not installed."""


@contextmanager
def chromium() -> Iterator[Any]:
    """Start Chromium with a profile of its own, and return Playwright's `Browser`. Raises BrowserMissing."""
    if find_spec("playwright") is None:
        raise BrowserMissing("Playwright is not installed: it is part of penstock[dev]")
    from playwright.sync_api import sync_playwright

    path = next(filter(None, map(shutil.which, NAMES)), None)
    with sync_playwright() as playwright:
        if path is None and not Path(playwright.chromium.executable_path).exists():
            raise BrowserMissing(f"Chromium is not installed: {INSTALL}, or `playwright install chromium`")
        with playwright.chromium.launch(executable_path=path, args=OPTIONS) as browser:
            yield browser


def axe_source() -> str | None:
    """Return the program axe-core, which checks accessibility; None if it is not installed."""
    return AXE.read_text(encoding="utf-8") if AXE.exists() else None
