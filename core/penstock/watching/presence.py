"""Looks at paths that may not be accessible.

`Path.exists` and `Path.is_dir` raise OSError if a folder may not be entered or a share does not answer, which
must not end a watch.
"""

from __future__ import annotations

import os
from contextlib import suppress
from pathlib import Path
from stat import S_ISDIR


def is_there(path: Path) -> bool:
    """Return whether a file or folder can be found, links followed."""
    return _mode(path) is not None


def is_folder(path: Path) -> bool:
    """Return whether a path is a folder that can be found, links followed."""
    mode = _mode(path)
    return mode is not None and S_ISDIR(mode)


def _mode(path: Path) -> int | None:
    with suppress(OSError):
        return os.stat(path).st_mode  # noqa: PTH116
    return None
