"""penstock turns handwritten scans into searchable PDFs, through pipelines of plugins.

This is the public face for plugin authors and programs. Importing it loads neither numpy nor any engine.
"""

import importlib
from typing import TYPE_CHECKING, Any

from penstock.errors import ConfigurationError, PenstockError
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
    from penstock.api.reading import read, read_async, run, run_async
    from penstock.api.results import DocumentResult, PageResult, ReadResult
    from penstock.report import RunReport
else:
    _HOMES = {
        "DocumentResult": "api.results",
        "PageResult": "api.results",
        "ReadResult": "api.results",
        "RunReport": "report",
        "read": "api.reading",
        "read_async": "api.reading",
        "run": "api.reading",
        "run_async": "api.reading",
    }
    """Names that are loaded when they are first used, and where each lives."""

    def __getattr__(name: str) -> Any:
        if name not in _HOMES:
            raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
        return getattr(importlib.import_module(f"{__name__}.{_HOMES[name]}"), name)

    def __dir__() -> list[str]:
        return sorted({*globals(), *_HOMES})


__all__ = [
    "ConfigurationError",
    "Document",
    "DocumentResult",
    "Limits",
    "Line",
    "Operation",
    "Page",
    "PageResult",
    "Pending",
    "PenstockError",
    "Picture",
    "PlaceMap",
    "Problem",
    "Quad",
    "ReadDocument",
    "ReadPage",
    "ReadResult",
    "Recognition",
    "RunReport",
    "Word",
    "__version__",
    "hookimpl",
    "read",
    "read_async",
    "run",
    "run_async",
]
