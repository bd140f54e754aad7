"""All that the review page is asked for: what was recognized, and its corrections."""

# ruff: noqa: ARG002  corrections are not stored yet
from __future__ import annotations

from penstock.json_form import Form
from penstock.review.documents import ReviewedDocuments
from penstock.review.errors import EditRefused


class Reviewing(ReviewedDocuments):
    """The documents of all scopes, with their corrections. A context manager; any thread."""

    def edit(self, key: str, number: int, form: Form, *, who: str) -> Form:
        """Store an edit of a page, and return its lines as they are stored."""
        raise EditRefused("this version cannot store corrections", "")

    def history(self, key: str, number: int) -> Form:
        """Return the edits of a page, the newest first."""
        raise EditRefused("this version keeps no corrections", "")

    def words(self, key: str, text: str) -> Form:
        """Return the words of a document that have a text."""
        raise EditRefused("this version cannot find words", "")

    def mend_words(self, key: str, form: Form, *, who: str) -> Form:
        """Replace words of a document, and return how many were replaced."""
        raise EditRefused("this version cannot store corrections", "")
