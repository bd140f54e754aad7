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


def sources_of(names: Iterable[str], **of_files: Any) -> list[dict[str, Any]]:
    """Return the tables of a source for all URLs, and of one for all paths.

    Relative paths start from the current folder. Dollar signs and tildes in names have no special meaning.
    ``of_files`` are options of the source of files.
    """
    return sources_in_order(sorted(names, key=is_url, reverse=True), **of_files)


def sources_in_order(names: Iterable[str], **of_files: Any) -> list[dict[str, Any]]:
    """Like `sources_of`, in the order of the names: with several sources if URLs and paths alternate."""
    return [
        {"plugin": "url", "urls": [literal(name) for name in group]}
        if are_urls
        else {"plugin": "files", "paths": [Path.cwd() / name for name in group], **of_files}
        for are_urls, group in groupby(names, is_url)
    ]


def state_of_read() -> Path:
    """Return the state folder of reads that name none, in the user's cache."""
    return user_cache_path("penstock", appauthor=False) / "read"


def user_result_index() -> Path:
    """Return the user's index of results, which all pipelines of the user share."""
    return user_cache_path("penstock", appauthor=False) / "results.sqlite"
