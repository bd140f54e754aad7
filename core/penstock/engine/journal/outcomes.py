"""What a journal's answers about a page say: its result, that it was refused, or which recognizer to ask."""

from __future__ import annotations

import json
import zlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any

from penstock.engine.keys import CORRECTION, RecognizerKey

StoredAnswer = tuple[str, Any, Any]
"""Kind, digest and, for refusals and answers that are not committed yet, the compressed content."""
Judge = Callable[[RecognizerKey, StoredAnswer], bool]
"""Whether the rules of a recognizer accept its answer."""


@dataclass(frozen=True, slots=True)
class Known:
    """A page with a result: whose result it is, and its digest.

    A result is provisional if the recognizer's rules do not accept it. It is used all the same if no later
    recognizer gives a better one.
    """

    recognizer_key: RecognizerKey
    digest: bytes
    is_provisional: bool = False


@dataclass(frozen=True, slots=True)
class Refused:
    """A page that a recognizer will never recognize."""

    why: str
    hint: str


@dataclass(frozen=True, slots=True)
class Unrecognized:
    """A page without a final result: the index of the recognizer to ask.

    ``provisional`` is the result of an earlier recognizer whose rules do not accept it.
    """

    recognizer: int
    provisional: Known | None = None


Outcome = Known | Refused | Unrecognized


def outcome_of(
    found: dict[RecognizerKey, StoredAnswer],
    keys: Sequence[RecognizerKey],
    have_rules: Sequence[bool],
    judge: Judge,
) -> Outcome:
    """What the answers say: a correction first, then the recognizers in their order.

    The result of a later recognizer takes precedence over one that rules judge: it is the better one, and
    stays even if the rules would now accept the first. Rules are asked only if it matters.
    """
    if CORRECTION in found:
        return Known(CORRECTION, found[CORRECTION][1])
    best: RecognizerKey | None = None
    unasked: int | None = None  # the first recognizer after the best result that has not answered
    for index, key in enumerate(keys):
        kind, _, answer = found.get(key, ("", None, b""))
        if kind == "read":
            best, unasked = key, None
            if not have_rules[index]:
                return Known(key, found[key][1])
        elif kind == "refused":
            if best is None and unasked is None:
                return Refused(*json.loads(zlib.decompress(answer)))
            break
        elif kind != "declined":
            unasked = index if unasked is None else unasked
            if not have_rules[index]:
                break
    if best is None:
        return Unrecognized(max(0, len(keys) - 1) if unasked is None else unasked)
    result = Known(best, found[best][1])
    if judge(best, found[best]):
        return result
    result = replace(result, is_provisional=True)
    return result if unasked is None else Unrecognized(unasked, result)


def compared_outcome_of(
    found: dict[RecognizerKey, StoredAnswer], keys: Sequence[RecognizerKey], judge: Judge
) -> Outcome:
    """What the answers say if every recognizer reads every page: the first accepted result counts.

    A page that is refused before it has a result goes no further, as without comparison.
    """
    if CORRECTION in found:
        return Known(CORRECTION, found[CORRECTION][1])
    read: list[RecognizerKey] = []
    unasked: int | None = None
    for index, key in enumerate(keys):
        kind, _, answer = found.get(key, ("", None, b""))
        if kind == "read":
            read.append(key)
        elif kind == "refused" and not read and unasked is None:
            return Refused(*json.loads(zlib.decompress(answer)))
        elif not kind and unasked is None:
            unasked = index
    if not read:
        return Unrecognized(max(0, len(keys) - 1) if unasked is None else unasked)
    accepted = next((key for key in read if judge(key, found[key])), None)
    best = accepted or read[-1]
    result = Known(best, found[best][1], is_provisional=accepted is None)
    return result if unasked is None else Unrecognized(unasked, result)
