"""Compare the names of pictures and of files with text, which programs spell in different ways."""

from __future__ import annotations

import os
import unicodedata
from pathlib import Path, PurePosixPath


def picture_stem(name: str) -> str:
    """Return the name of a picture without folders and suffix, from a path, a URL or a Windows path.

    Letters with marks are composed (NFC), because programs spell the same name differently.
    """
    return composed(PurePosixPath(name.replace("\\", "/").split("?")[0]).stem)


def composed(name: str) -> str:
    """Return a name with composed letters (NFC). Names of the same file are compared in this form."""
    return unicodedata.normalize("NFC", name)


def spellings(name: str) -> tuple[str, str, str]:
    """Return the names that a file may have on the disk: as given, and with composed and decomposed letters.

    macOS decomposes letters such as ü (NFD) in names and archives, and other systems keep them composed.
    """
    return name, composed(name), unicodedata.normalize("NFD", name)


def is_file(path: Path) -> bool:
    """Return whether a path is a file. Names in files with text may be too long for a file system."""
    return os.path.isfile(path)  # noqa: PTH113  Path.is_file raises OSError for such names
