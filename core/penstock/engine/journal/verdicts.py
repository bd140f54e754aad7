"""What rules said about stored results, so that a known page need not be loaded and judged in every run."""

from __future__ import annotations

from penstock.engine.journal.database import Database
from penstock.engine.keys import ContentKey, RecognizerKey

_PUT = "INSERT OR REPLACE INTO verdicts (content, reading, judged, accepted) VALUES (?, ?, ?, ?)"
_FIND = "SELECT accepted FROM verdicts WHERE content = ? AND reading = ? AND judged = ?"


class Verdicts:
    """The verdicts in a journal.

    Each is the answer of a recognizer's rules about its result. ``judged`` is the digest of both: there is no
    verdict about another result, or of other rules.
    """

    def __init__(self, database: Database) -> None:
        self._database = database
        self._uncommitted: dict[tuple[ContentKey, RecognizerKey], tuple[bytes, bool]] = {}

    def find(self, content_key: ContentKey, recognizer_key: RecognizerKey, judged: bytes) -> bool | None:
        """Return whether a result was accepted; None if these rules have not judged it. Any thread."""
        noted = self._uncommitted.get((content_key, recognizer_key))
        if noted is not None and noted[0] == judged:
            return noted[1]
        rows = self._database.look_up(_FIND, content_key, recognizer_key, judged)
        return bool(rows[0][0]) if rows else None

    def note(
        self, content_key: ContentKey, recognizer_key: RecognizerKey, judged: bytes, *, is_accepted: bool
    ) -> None:
        """Store a verdict with the next commit, which also stores its result. Scheduling thread only."""
        self._database.gather(_PUT, content_key, recognizer_key, judged, is_accepted)
        self._uncommitted[content_key, recognizer_key] = (judged, is_accepted)

    def write(
        self, content_key: ContentKey, recognizer_key: RecognizerKey, judged: bytes, *, is_accepted: bool
    ) -> None:
        """Store a verdict about a stored result at once. Any thread."""
        self._database.write_now(_PUT, content_key, recognizer_key, judged, is_accepted)

    def committed(self) -> None:
        """Forget the verdicts that a commit has written: they are found in the database now."""
        self._uncommitted.clear()
