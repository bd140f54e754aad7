"""What a component that a program made is called in the journal: the same in every process.

What was read is remembered under this name, so that it changes with the code that reads, and never holds
an object's address.
"""

from __future__ import annotations

import hashlib
import inspect
from types import CodeType, FunctionType

from penstock.plugins import offers


def reference_of(kind: str, cls: type) -> str:
    """An entry point's name; else ``file.py:Class``; else, for what was typed in, its code's digest."""
    value = f"{cls.__module__}:{cls.__qualname__}"
    named = [offer.name for offer in offers(kind) if offer.entry_point.value == value]
    if named:
        return named[0]
    try:
        file = inspect.getfile(cls)
    except (TypeError, OSError):
        file = ""
    if file.endswith(".py"):
        return f"{file}:{cls.__qualname__}"
    return f"{cls.__qualname__} {_digest_of(cls)}"


def _digest_of(cls: type) -> str:
    """Of what its methods do, wherever they were typed."""
    functions = [
        (name, _said(value.__code__))
        for each in cls.__mro__[:-1]
        for name, value in sorted(vars(each).items())
        if isinstance(value, FunctionType)
    ]
    return hashlib.blake2b(repr(functions).encode("utf-8", "surrogatepass"), digest_size=8).hexdigest()


def _said(code: CodeType) -> list[object]:
    return [code.co_code, code.co_names, [_constant(each) for each in code.co_consts]]


def _constant(value: object) -> object:
    if isinstance(value, CodeType):
        return _said(value)
    if isinstance(value, frozenset):
        return sorted(map(repr, value))
    return value


__all__ = ["reference_of"]
