"""What `penstock read` and `penstock.read` make of the names that they are given."""

from __future__ import annotations

import re
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from platformdirs import user_cache_path

from penstock.options import literal

_URL = re.compile(r"https?://", re.IGNORECASE)


def is_url(name: str) -> bool:
    """Whether a name is fetched, and is no file's."""
    return _URL.match(name) is not None


def sources_of(names: Iterable[str], **of_files: Any) -> list[dict[str, Any]]:
    """Tables of the sources that give what is named, URLs first; relative paths start in the current folder.

    Names are what they say: no dollar sign and no tilde in them means anything.

    Parameters
    ----------
    of_files
        Options of the source of files.
    """
    named = list(names)
    sources: list[dict[str, Any]] = []
    if urls := [literal(name) for name in named if is_url(name)]:
        sources.append({"plugin": "url", "urls": urls})
    if paths := [Path.cwd() / name for name in named if not is_url(name)]:
        sources.append({"plugin": "files", "paths": paths, **of_files})
    return sources


def state_of_read() -> Path:
    """The state folder of a reading that names none: in the user's cache."""
    return user_cache_path("penstock", appauthor=False) / "read"


__all__ = ["is_url", "sources_of", "state_of_read"]
