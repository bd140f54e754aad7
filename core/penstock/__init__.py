"""penstock turns handwritten scans into searchable PDFs, through pipelines of plugins.

This is the public face for plugin authors and programs. Importing it loads neither numpy nor any engine.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from penstock.hookspecs import hookimpl
from penstock.model import (
    Document,
    Limits,
    Line,
    Operation,
    Page,
    Pending,
    Picture,
    PlaceMap,
    Problem,
    Quad,
    ReadDocument,
    ReadPage,
    Recognition,
    Word,
)
from penstock.version import __version__

if TYPE_CHECKING:
    from penstock.api import read, read_async, run, run_async

_LATER = frozenset({"read", "read_async", "run", "run_async"})
"""Imported when they are asked for: they need the engine, and plugins do not."""


def __getattr__(name: str) -> Any:
    """What programs call, and plugins have no need of."""
    if name in _LATER:
        from penstock import api

        return getattr(api, name)
    raise AttributeError(f"module 'penstock' has no attribute {name!r}")


__all__ = [
    "Document",
    "Limits",
    "Line",
    "Operation",
    "Page",
    "Pending",
    "Picture",
    "PlaceMap",
    "Problem",
    "Quad",
    "ReadDocument",
    "ReadPage",
    "Recognition",
    "Word",
    "__version__",
    "hookimpl",
    "read",
    "read_async",
    "run",
    "run_async",
]
