"""References of components that a program made, for the journal.

A result is stored under the reference of its recognizer. The reference must therefore be the same in every
process as long as the code is the same, and differ when the code changes.
"""

from __future__ import annotations

import hashlib
import inspect
import secrets
from types import FunctionType

from penstock.plugins import offers


def reference_of(kind: str, cls: type) -> str:
    """Return the reference of a component's class.

    This is the name of its entry point; else ``file.py:Class``; else, for a class defined in a notebook, its
    name with a digest of its source. A class without source (typed into a plain Python prompt) gets a new
    reference each time, so that its results are not reused.
    """
    value = f"{cls.__module__}:{cls.__qualname__}"
    for offer in offers(kind):
        if offer.entry_point.value == value:
            return offer.name
    try:
        file = inspect.getfile(cls)
    except (TypeError, OSError):
        file = ""
    if file.endswith(".py"):
        return f"{file}:{cls.__qualname__}"
    try:
        digest = hashlib.blake2b(_source_of(cls).encode(), digest_size=8).hexdigest()
    except (TypeError, OSError):
        digest = secrets.token_hex(8)
    return f"{cls.__qualname__} {digest}"


def _source_of(cls: type) -> str:
    """Return the source of all methods of a class. Raises OSError if there is none.

    The methods are looked up one by one, because inspect does not find the source of a class in a notebook.
    """
    functions = [
        function
        for each in cls.__mro__[:-1]
        for name, function in sorted(vars(each).items())
        if isinstance(function, FunctionType) and not _is_generated(name, function)
    ]
    return "\n".join(map(inspect.getsource, functions))


def _is_generated(name: str, function: FunctionType) -> bool:
    """Return whether the dataclass decorator made a method."""
    return name.startswith("__") and inspect.unwrap(function).__code__.co_filename == "<string>"
