"""Lets any recognizer answer for `AzureReadServer`."""

from __future__ import annotations

import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from penstock.model import Operation, Pending, Recognition

POLL_SECONDS = 0.05


def recognize_with(recognizer: Any) -> Callable[[bytes], Recognition]:
    """Return a function that recognizes a picture's bytes, to be used as the answers of `AzureReadServer`.

    If the recognizer is a context manager, the caller must enter it.
    """

    def recognize(picture: bytes) -> Recognition:
        from penstock.images import find_pages

        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "picture"
            path.write_bytes(picture)
            answer = recognizer.submit(next(find_pages(path, "picture")))
            while not isinstance(answer, Recognition):
                answer = _poll(recognizer, answer)
        return answer

    return recognize


def _poll(recognizer: Any, operation: Operation | None) -> Recognition | Operation:
    if operation is None:
        raise ValueError("the recognizer declined the picture")
    answer = recognizer.poll(operation)
    if isinstance(answer, Pending):
        time.sleep(POLL_SECONDS)
        return operation
    return answer  # type: ignore[no-any-return]  # any recognizer, found at run time
