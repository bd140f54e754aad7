"""The digests by which the journal tells pages, recognizers, transforms, sources and sinks apart.

A result is found by two keys: the content key says which picture was sent, the recognizer key says what
recognized it. Nothing that leaves a result as it is (a service's key, endpoint or tier) is part of a key.
"""

from __future__ import annotations

import ast
import hashlib
import json
import threading
from collections.abc import Iterable
from pathlib import Path
from typing import Any, NewType

from penstock.plugins import offers
from penstock.secret import Secret
from penstock.stages import RecognizerStage, SinkStage, SourceStage, Stage

ContentKey = NewType("ContentKey", bytes)
"""Digest of a page as it is sent."""
NO_KEY = ContentKey(b"")
"""The content key of a page whose file was not digested yet."""
RecognizerKey = NewType("RecognizerKey", bytes)
"""Digest of everything about a recognizer that changes its results."""
SinkKey = NewType("SinkKey", bytes)
"""Digest of a sink with its options."""

CORRECTION = RecognizerKey(b"correction")
"""Stands for the person who corrected a page by hand. A correction takes precedence over every recognizer."""

_parsing = threading.Lock()

KEY_SIZE = 16
"""Bytes of a digest."""
OURS = "penstock"
"""The distribution whose version is in no key, so that an update of penstock bills no page again. Its plugins
declare a ``version`` when their results change."""


def recognizer_key(stage: RecognizerStage, folder: Path) -> RecognizerKey:
    """Return the digest of everything about a recognizer that changes its results.

    With the hook `cache_key`, only the component's name and the hook's mapping count, so that a plugin
    file can be edited without sending every page again.
    """
    declared = stage.cache_key()
    if declared is not None:
        return RecognizerKey(_digest([_name(stage), declared]))
    options = {**_options(stage), "version": _version(stage)}
    return RecognizerKey(_digest([_name_with_code(stage, folder), options]))


def lines_key(recognizer: RecognizerKey, earlier: Iterable[RecognizerKey]) -> RecognizerKey:
    """Return the key of a recognizer that is sent only the doubtful lines of earlier recognizers.

    Its results are partly theirs, so they are others than those of whole pages.
    """
    content = b"lines" + recognizer + b"".join(earlier)
    return RecognizerKey(hashlib.blake2b(content, digest_size=KEY_SIZE).digest())


def amended_key(recognizer: RecognizerKey, amenders: bytes, result: bytes) -> RecognizerKey:
    """Return the key under which the amended form of a recognizer's result is stored.

    ``result`` is the digest of the recognizer's result: a page that was recognized again is amended again.
    """
    return RecognizerKey(hashlib.blake2b(recognizer + amenders + result, digest_size=KEY_SIZE).digest())


def ordered_key(stages: Iterable[Stage], folder: Path) -> bytes:
    """Return the digest of transforms or amenders in their order; empty without any."""
    parts = [[_name_with_code(stage, folder), _options(stage), _version(stage)] for stage in stages]
    return _digest(parts) if parts else b""


def sources_key(stages: Iterable[SourceStage], folder: Path) -> bytes:
    """Return the digest of the sources with their options."""
    return _digest([[_name_with_code(stage, folder), _options(stage)] for stage in stages])


def sink_key(stage: SinkStage, folder: Path) -> SinkKey:
    """Return the digest of a sink with its options and version."""
    parts: list[Any] = [_name_with_code(stage, folder), _options(stage)]
    # An empty version is left out: the key of a built-in sink stays what it was in older journals.
    return SinkKey(_digest([*parts, version] if (version := _version(stage)) else parts))


def content_key(file_digest: bytes, page_index: int, transforms: bytes) -> ContentKey:
    """Return the digest of a page as it is sent: its file's bytes, its page index and the transforms."""
    content = file_digest + page_index.to_bytes(8) + transforms
    return ContentKey(hashlib.blake2b(content, digest_size=KEY_SIZE).digest())


def drawn_key(page_digest: bytes, transforms: bytes) -> ContentKey:
    """Return the digest of a PDF's page as it is sent: what is drawn on it, and the transforms."""
    content = b"drawn" + page_digest + transforms
    return ContentKey(hashlib.blake2b(content, digest_size=KEY_SIZE).digest())


def extended_key(key: ContentKey, file_parts: Iterable[bytes]) -> ContentKey:
    """Return the key of a page whose result also depends on a file for each recognizer, or on none (b"").

    A part is the file's digest, and the index of the page in the file if this is not 0.
    """
    parts = _digest([part.hex() for part in file_parts])
    return ContentKey(hashlib.blake2b(key + parts, digest_size=KEY_SIZE).digest())


def _name(stage: Stage) -> str:
    """The entry point's name, or ``file.py:Class`` without the folder, which may be moved."""
    reference = stage.configured.plugin
    return Path(reference).name if _is_in_file(reference) else reference


def _name_with_code(stage: Stage, folder: Path) -> str:
    """The name; for a plugin file that declares no version, with the digest of its code."""
    reference = stage.configured.plugin
    if not _is_in_file(reference) or stage.version:
        return _name(stage)
    return f"{_name(stage)} {_code_digest(folder / reference.rpartition(':')[0])}"


def _is_in_file(reference: str) -> bool:
    return reference.rpartition(":")[0].endswith(".py")


def _code_digest(file: Path) -> str:
    """The digest of a file's code without comments, formatting and docstrings; empty if it cannot be read."""
    try:
        source = file.read_bytes()
    except OSError:
        return ""
    try:
        # In Python 3.11, two threads that parse at the same time can make each other fail with SystemError.
        with _parsing:
            return _digest(_code(ast.parse(source))).hex()
    except (SyntaxError, ValueError, RecursionError):
        return hashlib.blake2b(source, digest_size=KEY_SIZE).hexdigest()


def _code(node: object) -> Any:
    """A syntax tree as lists. Empty fields are left out: newer Pythons add some, and keys must not change."""
    if isinstance(node, list):
        return [_code(item) for item in node if not _is_docstring(item)]
    if not isinstance(node, ast.AST):
        return repr(node)
    fields = [(name, _code(value)) for name, value in ast.iter_fields(node) if value is not None]
    return [type(node).__name__, *([name, form] for name, form in fields if form)]


def _is_docstring(node: object) -> bool:
    """Whether a statement is only a text: it has no effect, wherever it stands."""
    match node:
        case ast.Expr(value=ast.Constant(value=str())):
            return True
    return False


def _version(stage: Stage) -> str:
    """The version that a component declares, else that of its distribution if it is not penstock's own."""
    if stage.version:
        return stage.version
    named = [offer for offer in offers(stage.configured.kind) if offer.name == stage.configured.plugin]
    return named[0].version if named and named[0].distribution != OURS else ""


def _options(stage: Stage) -> dict[str, Any]:
    return {
        name: _plain(value)
        for name, value in stage.configured.options.items()
        if not isinstance(value, Secret)
    }


def _plain(value: Any) -> Any:
    match value:
        case None | bool() | int() | float() | str():
            return value
        case dict():
            return {str(key): _plain(item) for key, item in value.items()}
        case tuple() | list():
            return [_plain(item) for item in value]
        case set() | frozenset():
            return sorted(map(str, value))
        case _:
            return str(value)


def _digest(parts: Any) -> bytes:
    form = json.dumps(parts, sort_keys=True, default=str)
    return hashlib.blake2b(form.encode("utf-8", "surrogatepass"), digest_size=KEY_SIZE).digest()
