"""Inputs and default folders of ``penstock read`` and `penstock.read`."""

from __future__ import annotations

import re
from collections.abc import Iterable
from itertools import groupby
from pathlib import Path
from typing import Any

from platformdirs import user_cache_path

from penstock.options import literal

_URL = re.compile(r"https?://", re.IGNORECASE)


def is_url(name: str) -> bool:
    """Return whether a name is an HTTP address, and not a file's path."""
    return _URL.match(name) is not None


def sources_of(names: Iterable[str], *, document: str = "file", **of_files: Any) -> list[dict[str, Any]]:
    """Return the tables of sources for paths and URLs, in the order given.

    Relative paths start from the current folder. Dollar signs and tildes in names have no special meaning.

    Parameters
    ----------
    document
        Which pictures form a document. If several files may form one, all paths go to a single source.
    of_files
        Further options of the source of files.
    """
    named = list(names)
    if document != "file" and named:
        first = is_url(named[0])
        named.sort(key=lambda name: is_url(name) != first)
    sources: list[dict[str, Any]] = []
    for are_urls, group in groupby(named, is_url):
        if are_urls:
            sources.append({"plugin": "url", "urls": [literal(name) for name in group]})
        else:
            paths = [Path.cwd() / name for name in group]
            sources.append({"plugin": "files", "paths": paths, "document": document, **of_files})
    return sources


def state_of_read() -> Path:
    """Return the state folder of reads that name none, in the user's cache."""
    return user_cache_path("penstock", appauthor=False) / "read"


def user_result_index() -> Path:
    """Return the user's index of results, which all pipelines of the user share."""
    return user_cache_path("penstock", appauthor=False) / "results.sqlite"


__all__ = ["is_url", "sources_of", "state_of_read", "user_result_index"]
