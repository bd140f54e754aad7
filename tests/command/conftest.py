"""Fixtures for tests of the command line."""

from __future__ import annotations

from functools import partial

import pytest

from processes import penstock


@pytest.fixture
def command(tmp_path):
    """Return a function that runs ``penstock ...`` in the test's folder."""
    return partial(penstock, tmp_path)
