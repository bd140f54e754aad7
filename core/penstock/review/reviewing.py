"""All that the review page is asked for: what was recognized, and its corrections."""

from __future__ import annotations

from typing import TYPE_CHECKING

from penstock.json_form import Form
from penstock.review.documents import ReviewedDocuments

if TYPE_CHECKING:
    from penstock.review.editing import Editor
    from penstock.review.same_words import SameWords


class Reviewing(ReviewedDocuments):
    """The documents of all scopes, with their corrections. A context manager; any thread.

    The methods raise as those of `Editor` and `SameWords` do.
    """

    def edit(self, key: str, number: int, form: Form, *, who: str) -> Form:
        """Store an edit of a page, and return its lines as they are stored."""
        return self._editor(who).edit(key, number, form)

    def history(self, key: str, number: int) -> Form:
        """Return the edits of a page, the newest first."""
        return self._editor().history(key, number)

    def words(self, key: str, text: str) -> Form:
        """Return the words of a document that have a text."""
        return self._same_words().find(key, text)

    def mend_words(self, key: str, form: Form, *, who: str) -> Form:
        """Replace words of a document, and return how many were replaced."""
        return self._same_words(who).replace(key, form)

    # What edits need is imported when the first page is shown already.

    def _editor(self, who: str = "") -> Editor:
        from penstock.review.editing import Editor

        return Editor(self, who=who)

    def _same_words(self, who: str = "") -> SameWords:
        from penstock.review.same_words import SameWords

        return SameWords(self, self._editor(who))
