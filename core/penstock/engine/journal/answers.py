"""What recognizers answered, by the content of the page: nothing is read, or paid for, twice."""

from __future__ import annotations

import hashlib
import json
import time
import zlib
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Any

from penstock.engine.journal.database import PUT_BACK, Database
from penstock.engine.journal.neighbours import Neighbours
from penstock.errors import JournalDamaged
from penstock.json_form import recognition_from_json, recognition_to_json
from penstock.model import Problem, Recognition

CORRECTION = b"correction"
"""The reading of a page that somebody corrected by hand: it stands before every recognizer's."""

OF_NO_RUN = 0
"""The run of an answer that a neighbour's run was given."""

_Found = tuple[str, Any, Any]
"""An answer's kind, digest and, where it is at hand, its bytes."""

_PUT = (
    "INSERT OR REPLACE INTO answers (content, reading, kind, digest, answer, raw, run, at)"
    " VALUES (?, ?, ?, ?, ?, ?, ?, ?)"
)


@dataclass(frozen=True, slots=True)
class Known:
    """A page that was read before: by which reading, and the digest of what was read."""

    reading: bytes
    digest: bytes


@dataclass(frozen=True, slots=True)
class Refused:
    """A page that a recognizer said it will never read."""

    why: str
    hint: str


@dataclass(frozen=True, slots=True)
class Unread:
    """A page without an answer: the first recognizer, by its place, that was not asked."""

    recognizer: int


Outcome = Known | Refused | Unread


class Answers:
    """Answers by content and reading.

    A *content* is the digest of a page's picture as it is sent; a *reading* is the digest of everything
    about a recognizer that changes what it reads.

    Parameters
    ----------
    readings
        Of the pipeline's recognizers, in their order.
    run
        This one's number.
    since
        For a fresh reading, the first run whose answers count; None if all do.
    again
        Whether refusals of earlier runs do not count.
    left
        Contents that are out: they are to be asked for, whatever is known of them.
    neighbours
        Asked for what is not known here; a fresh reading does not ask them.
    """

    def __init__(
        self,
        database: Database,
        readings: Sequence[bytes],
        *,
        run: int,
        since: int | None,
        again: bool,
        left: Collection[bytes] = (),
        neighbours: Neighbours | None = None,
    ) -> None:
        self._database = database
        self._readings = tuple(readings)
        self._run, self._since, self._again = run, since, again
        self._left = left
        self._neighbours = neighbours if neighbours and since is None else Neighbours()
        self._uncommitted: dict[tuple[bytes, bytes], _Found] = {}

    def peek(self, content: bytes, reading: bytes | None = None) -> Outcome | None:
        """What is known of a page; for the scheduling thread, and true of what it just noted, too.

        ``reading`` names one to look for instead of the pipeline's; None comes back where none is.
        """
        readings = self._readings if reading is None else (reading,)
        past = _past(found := self._found(content, readings), readings)
        if isinstance(past, Unread):
            past = _past(self._found_elsewhere(content) | found, readings)
        return None if isinstance(past, Unread) and not self._readings else past

    def find(self, content: bytes, reading: bytes | None = None) -> Outcome | None:
        """As `peek`, of a page that a run meets: what a neighbour knows of it is known here from now on."""
        if self._neighbours:
            readings = self._readings if reading is None else (reading,)
            found = self._found(content, readings)
            if isinstance(_past(found, readings), Unread):
                for asked in readings:
                    if asked not in found:
                        self._take_over(content, asked)
        return self.peek(content, reading)

    def _take_over(self, content: bytes, reading: bytes) -> None:
        for kind, digest, answer, raw, at in self._neighbours.look_up(_WHOLE, content, reading):
            if self._counts(reading, kind, OF_NO_RUN):
                self._note(content, reading, kind, digest, answer, raw, elsewhere_at=at)

    def _found(self, content: bytes, readings: Sequence[bytes]) -> dict[bytes, _Found]:
        """What counts of the answers here, and of those that were just noted."""
        found = self._counting(self._database.rows(_OF_CONTENT, content))
        noted = {asked: self._uncommitted.get((content, asked)) for asked in readings}
        return found | {asked: answer for asked, answer in noted.items() if answer is not None}

    def _found_elsewhere(self, content: bytes) -> dict[bytes, _Found]:
        """What neighbours know; from any thread."""
        return self._counting(self._neighbours.look_up(_ELSEWHERE, content))

    def _note(
        self,
        content: bytes,
        reading: bytes,
        kind: str,
        digest: bytes | None,
        answer: bytes,
        raw: bytes | None,
        *,
        elsewhere_at: float | None = None,
    ) -> None:
        """Note an answer of this run, or one that was given elsewhere, and when, in seconds of the clock."""
        is_ours = elsewhere_at is None
        run, at = (self._run, time.time()) if is_ours else (OF_NO_RUN, elsewhere_at)
        self._database.gather(_PUT, content, reading, kind, digest, answer, raw, run, at)
        self._uncommitted[content, reading] = (kind, digest, answer)

    def is_known(self, content: bytes) -> bool:
        """Whether nothing has to be prepared for a page; from any thread."""
        if content in self._left:
            return False
        found = self._counting(self._database.look_up(_OF_CONTENT, content))
        if isinstance(_past(found, self._readings), Unread):
            found = self._found_elsewhere(content) | found
        return not isinstance(_past(found, self._readings), Unread)

    def _counting(self, rows: list[tuple[Any, ...]]) -> dict[bytes, _Found]:
        """The answers, by reading, that count in this run. What was corrected by hand always does."""
        return {
            reading: (kind, digest, answer)
            for reading, kind, digest, answer, run in rows
            if self._counts(reading, kind, run)
        }

    def _counts(self, reading: bytes, kind: str, run: int) -> bool:
        is_late_enough = run >= (self._since or 0) and not (self._again and kind == "refused")
        return run == self._run or reading == CORRECTION or is_late_enough

    def note_recognition(self, content: bytes, reading: bytes, recognition: Recognition) -> bytes:
        """Note what was read, with the next commit; gives its digest."""
        form = _form(recognition)
        digest = _digest(form)
        raw = zlib.compress(recognition.raw, 6) if recognition.raw else None
        self._note(content, reading, "read", digest, zlib.compress(form, 1), raw)
        return digest

    def note_declined(self, content: bytes, reading: bytes) -> None:
        """Note that a recognizer left the page to the next one."""
        self._note(content, reading, "declined", None, b"", None)

    def note_refused(self, content: bytes, reading: bytes, problem: Problem) -> None:
        """Note that a recognizer will never read the page."""
        form = json.dumps([problem.why, problem.hint]).encode()
        self._note(content, reading, "refused", None, zlib.compress(form, 1), None)

    def note_correction(self, content: bytes, recognition: Recognition) -> None:
        """Note what somebody says stands on a page: it stands before every recognizer's word."""
        self.note_recognition(content, CORRECTION, recognition)

    def current(self, content: bytes, reading: bytes) -> Recognition:
        """What counts as read on a page: a correction, else the reading; KeyError if there is neither."""
        try:
            return self.load(content, CORRECTION)
        except KeyError:
            return self.load(content, reading)

    def committed(self) -> None:
        """Everything that was noted is written."""
        self._uncommitted.clear()

    def load(self, content: bytes, reading: bytes) -> Recognition:
        """What was read; from any thread, once it is written. Raises KeyError if it is not there."""
        rows = self._database.look_up(
            "SELECT answer FROM answers WHERE content = ? AND reading = ?", content, reading
        )
        if not rows:
            raise KeyError(content)
        return recognition_of(rows[0][0])


def digest_of(recognition: Recognition) -> bytes:
    """The digest under which a recognition is noted."""
    return _digest(_form(recognition))


def _form(recognition: Recognition) -> bytes:
    return json.dumps(recognition_to_json(recognition), ensure_ascii=False).encode("utf-8", "surrogatepass")


def _digest(form: bytes) -> bytes:
    return hashlib.blake2b(form, digest_size=16).digest()


_OF_CONTENT = (
    "SELECT reading, kind, digest, CASE kind WHEN 'refused' THEN answer END, run FROM answers"
    " WHERE content = ?"
)
_ELSEWHERE = _OF_CONTENT.replace(", run FROM", f", {OF_NO_RUN} FROM")
_WHOLE = "SELECT kind, digest, answer, raw, at FROM answers WHERE content = ? AND reading = ?"


def recognition_of(answer: bytes) -> Recognition:
    """The recognition that an answer's bytes in the journal hold. Raises JournalDamaged if they hold none."""
    try:
        return recognition_from_json(json.loads(zlib.decompress(answer).decode("utf-8", "surrogatepass")))
    except (zlib.error, ValueError, LookupError, TypeError) as error:
        raise JournalDamaged(
            f"the journal is damaged: an answer in it is none ({error})", PUT_BACK
        ) from error


def _past(found: dict[bytes, _Found], readings: Sequence[bytes]) -> Outcome:
    if CORRECTION in found:
        return Known(CORRECTION, found[CORRECTION][1])
    for place, reading in enumerate(readings):
        kind, digest, answer = found.get(reading, ("", None, b""))
        if kind == "read":
            return Known(reading, digest)
        if kind == "refused":
            why, hint = json.loads(zlib.decompress(answer))
            return Refused(why, hint)
        if kind != "declined":
            return Unread(place)
    return Unread(max(0, len(readings) - 1))


__all__ = ["CORRECTION", "Answers", "Known", "Outcome", "Refused", "Unread", "digest_of", "recognition_of"]
