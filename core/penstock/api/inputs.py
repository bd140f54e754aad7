"""Inputs and default folders of ``penstock read`` and `penstock.read`."""

from __future__ import annotations

import re
from collections.abc import Iterable
from itertools import groupby
from pathlib import Path
from typing import Any

from platformdirs import user_cache_path

from penstock.options import literal
from penstock.storage import is_address

_URL = re.compile(r"https?://", re.IGNORECASE)


def is_url(name: str) -> bool:
    """Return whether a name is an HTTP address, and not a file's path."""
    return _URL.match(name) is not None


def sources_of(names: Iterable[str], **of_files: Any) -> list[dict[str, Any]]:
    """Return the tables of a source for all URLs, one for all addresses of objects, and one for all paths.

    Relative paths start from the current folder. Dollar signs and tildes in names have no special meaning.
    ``of_files`` are options of the sources of files.
    """
    return sources_in_order(sorted(names, key=place_of), **of_files)


def sources_in_order(names: Iterable[str], **of_files: Any) -> list[dict[str, Any]]:
    """Like `sources_of`, in the order of the names: with several sources if kinds of names alternate."""
    return [_source(place, list(group), of_files) for place, group in groupby(names, place_of)]


def place_of(name: str) -> str:
    """Return where a name leads to. The sources are in the alphabetical order of these texts."""
    if is_url(name):
        return "a URL"
    return "an object" if is_address(name) else "on this machine"


def _source(place: str, names: list[str], of_files: dict[str, Any]) -> dict[str, Any]:
    match place:
        case "a URL":
            return {"plugin": "url", "urls": [literal(name) for name in names]}
        case "an object":
            return {"plugin": "files", "paths": [literal(name) for name in names], **of_files}
        case _:
            return {"plugin": "files", "paths": [Path.cwd() / name for name in names], **of_files}


def state_of_read() -> Path:
    """Return the state folder of reads that name none, in the user's cache."""
    return user_cache_path("penstock", appauthor=False) / "read"


def user_result_index() -> Path:
    """Return the user's index of results, which all pipelines of the user share."""
    return user_cache_path("penstock", appauthor=False) / "results.sqlite"
