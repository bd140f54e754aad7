"""Short digests of what decides a result: of a recognizer's reading, of a page's content, of a sink."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from penstock.pipeline import AmenderStage, RecognizerStage, SinkStage, SourceStage, Stage, TransformStage
from penstock.plugins import offers
from penstock.secret import Secret

SIZE = 16
"""Bytes of a digest."""
OURS = "penstock"
"""The distribution whose own version changes no reading: its recognizers say what does."""


def reading_of(door: RecognizerStage, folder: Path) -> bytes:
    """The digest of everything about a recognizer that changes what it reads.

    What the recognizer says of itself by the hook `cache_key`; else its options without secrets, and the
    version of where it comes from.
    """
    said = door.cache_key()
    if said is None:
        said = {**_plain_options(door), "version": _version(door)}
    return _digest([_name(door, folder), said])


def preparing_of(doors: Iterable[TransformStage], folder: Path) -> bytes:
    """The digest of transforms with their options, in their order; empty without any."""
    said = [[_name(door, folder), _plain_options(door), _version(door)] for door in doors]
    return _digest(said) if said else b""


def amending_of(doors: Iterable[AmenderStage], folder: Path) -> bytes:
    """Return the key of amenders with their options and versions, in their order; empty if there are none."""
    said = [[_name(door, folder), _plain_options(door), _version(door)] for door in doors]
    return _digest(said) if said else b""


def amended_key(recognizer_key: bytes, amenders_key: bytes, result: bytes) -> bytes:
    """Return the key under which the amended form of a recognizer's result is stored.

    ``result`` is the digest of the recognizer's result: a page that was recognized again is amended again.
    """
    return hashlib.blake2b(recognizer_key + amenders_key + result, digest_size=SIZE).digest()


def taking_of(doors: Iterable[SourceStage], folder: Path) -> bytes:
    """The digest of what a pipeline takes in: its sources with their options."""
    return _digest([[_name(door, folder), _plain_options(door)] for door in doors])


def content_of(file_digest: bytes, page_index: int, preparing: bytes) -> bytes:
    """The digest of a page as it is sent: its file's bytes, its frame, and what is done to it before."""
    return hashlib.blake2b(file_digest + page_index.to_bytes(8) + preparing, digest_size=SIZE).digest()


def writing_of(door: SinkStage, folder: Path) -> bytes:
    """The digest of a sink with its options."""
    return _digest([_name(door, folder), _plain_options(door)])


def _name(door: Stage, folder: Path) -> str:
    """What a component is called; for a class in a file with the digest of the file, which may be edited."""
    reference = door.configured.plugin
    file, colon, cls = reference.rpartition(":")
    if not colon or not file.endswith(".py"):
        return reference
    try:
        digest = hashlib.blake2b((folder / file).read_bytes(), digest_size=SIZE).hexdigest()
    except OSError:
        digest = ""
    return f"{Path(file).name}:{cls} {digest}"


def _version(door: Stage) -> str:
    named = [offer for offer in offers(door.configured.kind) if offer.name == door.configured.plugin]
    return named[0].version if named and named[0].distribution != OURS else ""


def _plain_options(door: Stage) -> dict[str, Any]:
    return {
        name: _plain(value)
        for name, value in door.configured.options.items()
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


def _digest(said: Any) -> bytes:
    form = json.dumps(said, sort_keys=True, default=str)
    return hashlib.blake2b(form.encode("utf-8", "surrogatepass"), digest_size=SIZE).digest()


__all__ = [
    "amended_key",
    "amending_of",
    "content_of",
    "preparing_of",
    "reading_of",
    "taking_of",
    "writing_of",
]
