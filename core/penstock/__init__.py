"""penstock turns handwritten scans into searchable PDFs, through pipelines of plugins.

Everything that plugins and programs need is exported here. ``docs/stability.md`` says what is stable.
Importing this module loads neither numpy nor the engine: larger parts are imported when they are first used.
"""

import importlib
from typing import TYPE_CHECKING, Any

from penstock.errors import (
    ConfigurationError,
    InDoubt,
    NotAnswered,
    OperationLost,
    OutputError,
    PageRefused,
    PenstockError,
    PictureError,
    PluginError,
    RecognizerError,
    StateError,
    StopRun,
    TryAgain,
    Unreachable,
)
from penstock.hookspecs import API_VERSION, hookimpl
from penstock.model import (
    Alternative,
    Document,
    EventContext,
    FilePage,
    Homography,
    Limits,
    Line,
    MissingPage,
    Operation,
    Page,
    Pending,
    Picture,
    PriceStep,
    Problem,
    Quad,
    Recognition,
    RecognizedDocument,
    RecognizedPage,
    Region,
    Resources,
    StageTiming,
    Word,
    page_confidence,
)
from penstock.protocols import Amender, Observer, Recognizer, Reference, Rule, Sink, Source, Transform
from penstock.secret import Secret
from penstock.version import __version__

if TYPE_CHECKING:
    from penstock.api.reading import State, read, read_async, run, run_async
    from penstock.api.results import DocumentResult, PageResult, ReadResult
    from penstock.images import find_pages, open_upright
    from penstock.outputs import Outputs
    from penstock.render import write_searchable_pdf
    from penstock.report import RunReport
    from penstock.spool import Spool
    from penstock.storage import Address
else:
    _MODULES = {
        "Address": "storage",
        "DocumentResult": "api.results",
        "Outputs": "outputs",
        "PageResult": "api.results",
        "ReadResult": "api.results",
        "RunReport": "report",
        "Spool": "spool",
        "State": "api.reading",
        "find_pages": "images",
        "open_upright": "images",
        "read": "api.reading",
        "read_async": "api.reading",
        "run": "api.reading",
        "run_async": "api.reading",
        "write_searchable_pdf": "render",
    }
    """Names that are imported when they are first used, and the module of each."""

    def __getattr__(name: str) -> Any:
        if name not in _MODULES:
            raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
        return getattr(importlib.import_module(f"{__name__}.{_MODULES[name]}"), name)

    def __dir__() -> list[str]:
        return sorted({*globals(), *_MODULES})


__all__ = [
    "API_VERSION",
    "Address",
    "Alternative",
    "Amender",
    "ConfigurationError",
    "Document",
    "DocumentResult",
    "EventContext",
    "FilePage",
    "Homography",
    "InDoubt",
    "Limits",
    "Line",
    "MissingPage",
    "NotAnswered",
    "Observer",
    "Operation",
    "OperationLost",
    "OutputError",
    "Outputs",
    "Page",
    "PageRefused",
    "PageResult",
    "Pending",
    "PenstockError",
    "Picture",
    "PictureError",
    "PluginError",
    "PriceStep",
    "Problem",
    "Quad",
    "ReadResult",
    "Recognition",
    "RecognizedDocument",
    "RecognizedPage",
    "Recognizer",
    "RecognizerError",
    "Reference",
    "Region",
    "Resources",
    "Rule",
    "RunReport",
    "Secret",
    "Sink",
    "Source",
    "Spool",
    "StageTiming",
    "State",
    "StateError",
    "StopRun",
    "Transform",
    "TryAgain",
    "Unreachable",
    "Word",
    "__version__",
    "find_pages",
    "hookimpl",
    "open_upright",
    "page_confidence",
    "read",
    "read_async",
    "run",
    "run_async",
    "write_searchable_pdf",
]
