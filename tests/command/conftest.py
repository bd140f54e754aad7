"""What tests of the command share."""

from __future__ import annotations

from functools import partial

import pytest

from processes import penstock


@pytest.fixture
def command(tmp_path):
    """Run ``penstock ...`` in the test's folder."""
    return partial(penstock, tmp_path)
