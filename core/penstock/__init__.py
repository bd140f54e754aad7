"""penstock turns handwritten scans into searchable PDFs, through pipelines of plugins.

This is the public face for plugin authors and programs. Importing it loads neither numpy nor any engine.
"""

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
]
