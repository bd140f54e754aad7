"""All that the review page is asked for: what was recognized, and its corrections."""

from __future__ import annotations

from penstock.json_form import Form
from penstock.review.documents import ReviewedDocuments
from penstock.review.editing import Editor
from penstock.review.same_words import SameWords


class Reviewing(ReviewedDocuments):
    """The documents of all scopes, with their corrections. A context manager; any thread.

    The methods raise as those of `Editor` and `SameWords` do.
    """

    def edit(self, key: str, number: int, form: Form, *, who: str) -> Form:
        """Store an edit of a page, and return its lines as they are stored."""
        return Editor(self, who=who).edit(key, number, form)

    def history(self, key: str, number: int) -> Form:
        """Return the edits of a page, the newest first."""
        return Editor(self).history(key, number)

    def words(self, key: str, text: str) -> Form:
        """Return the words of a document that have a text."""
        return SameWords(self, Editor(self)).find(key, text)

    def mend_words(self, key: str, form: Form, *, who: str) -> Form:
        """Replace words of a document, and return how many were replaced."""
        return SameWords(self, Editor(self, who=who)).replace(key, form)
