"""Fixtures for the camera's tests."""

from __future__ import annotations

from collections.abc import Iterator

import cv2
import pytest


@pytest.fixture
def one_thread() -> Iterator[None]:
    """OpenCV on one thread: small pictures are not worth more, least of all on a busy machine."""
    before = cv2.getNumThreads()
    cv2.setNumThreads(1)
    yield
    cv2.setNumThreads(before)
