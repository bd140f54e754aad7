"""What goes wrong with a camera, as one exception: why, and what to do."""

from __future__ import annotations


class CameraTrouble(Exception):
    """A camera that cannot be had, or that broke off; holds why, and what to do."""

    def __init__(self, why: str, hint: str = "") -> None:
        super().__init__(why)
        self.why = why
        self.hint = hint
