"""Fixtures for the camera's tests."""

from __future__ import annotations

from collections.abc import Iterator

import cv2
import pytest


@pytest.fixture
def one_thread() -> Iterator[None]:
    """Use one thread in OpenCV: more threads do not pay off for small pictures."""
    before = cv2.getNumThreads()
    cv2.setNumThreads(1)
    yield
    cv2.setNumThreads(before)
