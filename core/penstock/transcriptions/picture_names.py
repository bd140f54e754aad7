"""The names of pictures in files with text."""

from __future__ import annotations

from pathlib import PurePosixPath


def picture_stem(name: str) -> str:
    """Return the name of a picture without folders and suffix, from a path, a URL or a Windows path."""
    return PurePosixPath(name.replace("\\", "/").split("?")[0]).stem
