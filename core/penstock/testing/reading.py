"""Answers for the service on loopback that another recognizer gives: the offline one, for example."""

from __future__ import annotations

import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from penstock.model import Operation, Pending, Recognition

PAUSE = 0.05


def reading_with(recognizer: Any) -> Callable[[bytes], Recognition]:
    """Read pictures by any recognizer: what `AzureReadServer` takes as its answers.

    The recognizer has to be entered by whoever made it, if it is a context manager.
    """

    def read(picture: bytes) -> Recognition:
        from penstock.images import find_pages

        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "picture"
            path.write_bytes(picture)
            state = recognizer.submit(next(find_pages(path, "picture")))
            while not isinstance(state, Recognition):
                state = _next(recognizer, state)
        return state

    return read


def _next(recognizer: Any, operation: Operation | None) -> Recognition | Operation:
    if operation is None:
        raise ValueError("the recognizer declined the picture")
    state = recognizer.poll(operation)
    if isinstance(state, Pending):
        time.sleep(PAUSE)
        return operation
    return state  # type: ignore[no-any-return]  # any recognizer, found at run time
