"""Stored results, by content key and recognizer key, so that no page is sent, or paid for, twice.

A recognizer's answer about a page is one of three kinds: ``read`` (a recognition), ``declined`` (it leaves
the page to the next recognizer) or ``refused`` (it will never recognize it).
"""

from __future__ import annotations

import hashlib
import json
import time
import zlib
from collections.abc import Collection, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import pydantic_core

from penstock.engine.acceptance import Acceptance
from penstock.engine.journal.database import RESTORE, Database
from penstock.engine.journal.outcomes import (
    Judge,
    Known,
    Outcome,
    StoredAnswer,
    Unrecognized,
    compared_outcome_of,
    outcome_of,
)
from penstock.engine.journal.result_index import ResultIndex, StoredResult
from penstock.engine.journal.schema import NO_RUN
from penstock.engine.journal.verdicts import Verdicts
from penstock.engine.keys import CORRECTION, ContentKey, RecognizerKey
from penstock.errors import JournalDamaged
from penstock.json_form import Form, recognition_from_json, recognition_to_json
from penstock.model import Page, Problem, Recognition
from penstock.model.word_counts import WordCounts

_PUT = (
    "INSERT OR REPLACE INTO answers (content, reading, kind, digest, answer, raw, run, at)"
    " VALUES (?, ?, ?, ?, ?, ?, ?, ?)"
)
_PUT_COUNTS = (
    "INSERT OR REPLACE INTO counts (content, reading, digest, words, doubtful, corrected)"
    " VALUES (?, ?, ?, ?, ?, ?)"
)
_OF_PAGE = (
    "SELECT reading, kind, digest, CASE kind WHEN 'refused' THEN answer END, run FROM answers"
    " WHERE content = ?"
)


class Answers:
    """The stored answers that count in one run.

    Parameters
    ----------
    since
        For a fresh run, the first run whose answers count; None if all do.
    retry
        Whether refusals of earlier runs do not count.
    left
        Pages in flight since an earlier run: they are polled even if they have a result.
    index
        Asked for results that this journal does not have. A fresh run does not ask.
    acceptance
        The rules of the recognizers.
    """

    def __init__(
        self,
        database: Database,
        recognizer_keys: Sequence[RecognizerKey],
        *,
        run: int,
        since: int | None,
        retry: bool,
        left: Collection[ContentKey] = (),
        index: ResultIndex | None = None,
        acceptance: Acceptance | None = None,
    ) -> None:
        self._database = database
        self._acceptance = acceptance or Acceptance({})
        self._verdicts = Verdicts(database)
        self._keys = tuple(recognizer_keys)
        self._run, self._since, self._retry = run, since, retry
        self._left = left
        self._index = index if since is None else None
        self._uncommitted: dict[tuple[ContentKey, RecognizerKey], StoredAnswer] = {}

    def find(
        self,
        content_key: ContentKey,
        recognizer_key: RecognizerKey | None = None,
        *,
        page: Page | None = None,
    ) -> Outcome | None:
        """Return what is known about a page, and copy results of other state folders into this journal.

        ``recognizer_key`` replaces the pipeline's recognizers. None means that the page has no result and
        that there is no recognizer to send it to. Rules that have not judged a result yet are asked about the
        ``page``; without one they are taken to accept it. Scheduling thread only.
        """
        outcome, others = self._look(content_key, recognizer_key, page)
        for key, (kind, digest, answer, raw, at) in others.items():
            self._note(content_key, key, kind, digest, answer, raw, copied_at=at)
        return outcome

    def peek(
        self,
        content_key: ContentKey,
        recognizer_key: RecognizerKey | None = None,
        *,
        page: Page | None = None,
    ) -> Outcome | None:
        """Return the same as `find`, but copy nothing. Scheduling thread only."""
        return self._look(content_key, recognizer_key, page, notes=False)[0]

    def _look(
        self,
        content_key: ContentKey,
        recognizer_key: RecognizerKey | None,
        page: Page | None,
        *,
        notes: bool = True,
    ) -> tuple[Outcome | None, dict[RecognizerKey, StoredResult]]:
        """What is known about a page, and the results of other state folders that this is based on."""
        keys = self._keys if recognizer_key is None else (recognizer_key,)
        found = self._counting(self._database.rows(_OF_PAGE, content_key))
        noted = {key: self._uncommitted.get((content_key, key)) for key in keys}
        found |= {key: answer for key, answer in noted.items() if answer is not None}
        outcome, others = self._settled(content_key, keys, found, self._judge(content_key, page, notes=notes))
        has_recognizer = self._keys or not isinstance(outcome, Unrecognized)
        return outcome if has_recognizer else None, others

    def is_known(self, content_key: ContentKey, page: Page | None = None) -> bool:
        """Return whether a page need not be prepared, for it will not be sent. Any thread.

        Without the ``page``, a result that no rule has judged yet counts as accepted.
        """
        if content_key in self._left:
            return False
        found = self._counting(self._database.look_up(_OF_PAGE, content_key))
        outcome, _ = self._settled(content_key, self._keys, found, self._judge(content_key, page))
        return not isinstance(outcome, Unrecognized)

    def first_known(self, content_key: ContentKey, older_key: ContentKey) -> ContentKey:
        """Return the older one of a page's keys if only that has a result or is in flight. Any thread."""
        is_older = older_key in self._left or (not self.is_known(content_key) and self.is_known(older_key))
        return older_key if is_older else content_key

    def _outcome(
        self, found: dict[RecognizerKey, StoredAnswer], keys: Sequence[RecognizerKey], judge: Judge
    ) -> Outcome:
        if self._acceptance.compares:
            return compared_outcome_of(found, keys, judge)
        return outcome_of(found, keys, [self._acceptance.has_rules(key) for key in keys], judge)

    def _judge(self, content_key: ContentKey, page: Page | None, *, notes: bool = True) -> Judge:
        """Return what says whether the rules of a recognizer accept its stored answer about a page.

        ``notes`` if a new verdict is stored.
        """
        if page is None:
            return _accept

        def accepts(key: RecognizerKey, answer: StoredAnswer) -> bool:
            _, digest, form = answer
            if not self._acceptance.has_rules(key):
                return True
            judged = self._acceptance.verdict_key(key, digest)
            if (verdict := self._verdicts.find(content_key, key, judged)) is None:
                recognition = recognition_of(form) if form else self.load(content_key, key)
                verdict = self._acceptance.accepts(key, page, recognition)
                if notes and verdict is not None:
                    self._verdicts.write(content_key, key, judged, is_accepted=verdict)
            return verdict is not False

        return accepts

    def note_verdict(
        self, content_key: ContentKey, result: Known, page: Page, recognition: Recognition
    ) -> bool:
        """Ask the rules about a new result, and store with the next commit what they say.

        Returns whether they accept it. Scheduling thread only.
        """
        verdict = self._acceptance.accepts(result.recognizer_key, page, recognition)
        if verdict is not None:
            judged = self._acceptance.verdict_key(result.recognizer_key, result.digest)
            self._verdicts.note(content_key, result.recognizer_key, judged, is_accepted=verdict)
        return verdict is not False

    def _settled(
        self,
        content_key: ContentKey,
        keys: Sequence[RecognizerKey],
        found: dict[RecognizerKey, StoredAnswer],
        judge: Judge,
    ) -> tuple[Outcome, dict[RecognizerKey, StoredResult]]:
        """What is known about a page, and the results of other state folders that this is based on.

        Other state folders are asked only if the answers in this journal are not enough. Any thread.
        """
        outcome = self._outcome(found, keys, judge)
        if self._index is None or not isinstance(outcome, Unrecognized):
            return outcome, {}
        results = {key: self._index.find(content_key, key) for key in keys if key not in found}
        others = {key: result for key, result in results.items() if result and _is_intact(*result[:3])}
        if others:
            copied = {key: result[:3] for key, result in others.items()}
            outcome = self._outcome(found | copied, keys, judge)
        return outcome, others

    def _counting(self, rows: list[tuple[Any, ...]]) -> dict[RecognizerKey, StoredAnswer]:
        """The answers that count in this run, by recognizer key. Corrections always count."""
        return {
            key: (kind, digest, answer)
            for key, kind, digest, answer, run in rows
            if run == self._run
            or key == CORRECTION
            or (run >= (self._since or 0) and not (self._retry and kind == "refused"))
        }

    def _note(
        self,
        content_key: ContentKey,
        recognizer_key: RecognizerKey,
        kind: str,
        digest: bytes | None,
        answer: bytes,
        raw: bytes | None,
        *,
        copied_at: float | None = None,
    ) -> None:
        """Note an answer of this run or, with the time at which it was stored, of another state folder."""
        run, at = (self._run, time.time()) if copied_at is None else (NO_RUN, copied_at)
        self._database.gather(_PUT, content_key, recognizer_key, kind, digest, answer, raw, run, at)
        self._uncommitted[content_key, recognizer_key] = (kind, digest, answer)

    def note_recognition(
        self, content_key: ContentKey, recognizer_key: RecognizerKey, recognition: Recognition
    ) -> bytes:
        """Store a result with the next commit and return its digest."""
        form = _form(recognition)
        digest = _digest(form)
        raw = zlib.compress(recognition.raw, 6) if recognition.raw else None
        self._note(content_key, recognizer_key, "read", digest, zlib.compress(form, 1), raw)
        self._database.gather(*put_counts(content_key, recognizer_key, digest, WordCounts.of(recognition)))
        return digest

    def note_declined(self, content_key: ContentKey, recognizer_key: RecognizerKey) -> None:
        """Store with the next commit that a recognizer left the page to the next one."""
        self._note(content_key, recognizer_key, "declined", None, b"", None)

    def note_refused(self, content_key: ContentKey, recognizer_key: RecognizerKey, problem: Problem) -> None:
        """Store with the next commit that a recognizer will never recognize the page."""
        form = json.dumps([problem.why, problem.hint]).encode()
        self._note(content_key, recognizer_key, "refused", None, zlib.compress(form, 1), None)

    def committed(self) -> None:
        """Forget the answers that `commit` has written: they are found in the database now."""
        self._uncommitted.clear()
        self._verdicts.committed()

    def load(self, content_key: ContentKey, recognizer_key: RecognizerKey) -> Recognition:
        """Return a committed result. Any thread. Raises KeyError if it does not exist."""
        rows = self._database.look_up(
            "SELECT answer FROM answers WHERE content = ? AND reading = ?", content_key, recognizer_key
        )
        if not rows:
            raise KeyError(content_key)
        return recognition_of(rows[0][0])

    def noted(self, content_key: ContentKey, result: Known) -> Recognition:
        """Return a result that may not be committed yet. Scheduling thread only. Raises as `load` does."""
        answer = self._uncommitted.get((content_key, result.recognizer_key))
        return recognition_of(answer[2]) if answer else self.load(content_key, result.recognizer_key)

    def current(self, content_key: ContentKey, recognizer_key: RecognizerKey) -> Recognition:
        """Return the page's correction, else the recognizer's result. Raises KeyError if there is neither."""
        try:
            return self.load(content_key, CORRECTION)
        except KeyError:
            return self.load(content_key, recognizer_key)


def put_counts(
    content_key: ContentKey, recognizer_key: RecognizerKey, digest: bytes, counts: WordCounts
) -> tuple[Any, ...]:
    """Return the statement that stores how many words a result has, followed by its values."""
    numbers = (counts.words, counts.doubtful, counts.corrected)
    return (_PUT_COUNTS, content_key, recognizer_key, digest, *numbers)


def put_correction(
    content_key: ContentKey, recognition: Recognition, at: float
) -> tuple[bytes, list[tuple[Any, ...]]]:
    """Return the digest of a corrected text, and the statements that store it, followed by their values."""
    form = _form(recognition)
    digest = _digest(form)
    row = (content_key, CORRECTION, "read", digest, zlib.compress(form, 1), None, NO_RUN, at)
    return digest, [(_PUT, *row), put_counts(content_key, CORRECTION, digest, WordCounts.of(recognition))]


def digest_of(recognition: Recognition) -> bytes:
    """Return the digest under which a recognition is stored."""
    return _digest(_form(recognition))


def recognition_of(answer: bytes) -> Recognition:
    """Return the recognition in the column ``answer``. Raises JournalDamaged for anything else."""
    with _decoding():
        return recognition_from_json(_form_of(answer))


def stored_lines(answer: bytes) -> list[Form]:
    """Return the lines in the column ``answer`` in their JSON form. Raises JournalDamaged."""
    with _decoding():
        return list(_form_of(answer)["lines"])


@contextmanager
def _decoding() -> Iterator[None]:
    try:
        yield
    except (zlib.error, ValueError, LookupError, TypeError) as error:
        raise JournalDamaged(
            f"the journal is damaged: a stored result cannot be decoded ({error})", RESTORE
        ) from error


def _form(recognition: Recognition) -> bytes:
    form = recognition_to_json(recognition)
    try:
        # Takes a quarter of the time of the json module.
        return pydantic_core.to_json(form)
    except pydantic_core.PydanticSerializationError:  # a text has half of a character, which is no UTF-8
        return json.dumps(form, ensure_ascii=False).encode("utf-8", "surrogatepass")


def _form_of(answer: bytes) -> Any:
    """Return the JSON form in the column ``answer``. Raises zlib.error or ValueError for anything else."""
    form = zlib.decompress(answer)
    try:
        return pydantic_core.from_json(form, cache_strings="keys")
    except ValueError:
        return json.loads(form.decode("utf-8", "surrogatepass"))


def _digest(form: bytes) -> bytes:
    return hashlib.blake2b(form, digest_size=16).digest()


def _is_intact(kind: str, digest: bytes | None, answer: bytes) -> bool:
    """Whether a result that another journal holds has its digest: what is copied must not damage this one."""
    try:
        return kind != "read" or _digest(zlib.decompress(answer)) == digest
    except zlib.error:
        return False


def _accept(_: RecognizerKey, __: StoredAnswer) -> bool:
    return True
