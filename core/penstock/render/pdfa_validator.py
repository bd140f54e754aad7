"""Import pikepdf's PDF/A check without the seconds that an unused package takes to import.

The check imports jsonschema, which imports rfc3987_syntax where that package is installed, as it is beside
Jupyter. That package builds a grammar when it is imported, for 2 to 7 seconds. jsonschema needs it only for
strings of the formats "iri" and "iri-reference", which the schemas of the check do not use.
"""

from __future__ import annotations

import importlib
import importlib.util
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import ModuleType
from typing import Any

SLOW = "rfc3987_syntax"

_importing = threading.Lock()


def validator() -> Callable[..., Any]:
    """Return `pikepdf.pdfa.validate_written`.

    Raises ImportError if packages which the check needs are not installed.
    """
    with _importing, _import_deferred():
        from pikepdf.pdfa import validate_written
    return validate_written


@contextmanager
def _import_deferred() -> Iterator[None]:
    """Let jsonschema import a stand-in for the slow package, unless one of the two is imported already."""
    imported = "jsonschema" in sys.modules or SLOW in sys.modules
    if imported or importlib.util.find_spec(SLOW) is None:
        yield
        return
    sys.modules[SLOW] = _stand_in()
    try:
        yield
    finally:
        del sys.modules[SLOW]


def _stand_in() -> ModuleType:
    """Return a module whose function imports the slow package when it is called.

    So the formats can still be checked by other users of jsonschema in this process.
    """
    module = ModuleType(SLOW)

    def is_valid_syntax(term: str, value: str) -> bool:
        return bool(importlib.import_module(SLOW).is_valid_syntax(term, value))

    module.is_valid_syntax = is_valid_syntax  # type: ignore[attr-defined]
    return module
