"""The error of a camera."""

from __future__ import annotations


class CameraError(Exception):
    """A camera cannot be opened, or stops sending pictures."""

    def __init__(self, why: str, hint: str = "") -> None:
        super().__init__(why)
        self.why, self.hint = why, hint
