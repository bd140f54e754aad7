"""What the server asks for: documents, pages and their pictures, and how it stores corrections."""

from __future__ import annotations

from typing import Protocol

from penstock.json_form import Form
from penstock.model import Page


class Contents(Protocol):
    """The documents that are reviewed. Called on any thread.

    Documents are named by a key, and pages by their number, from 1. Every method raises NotFound for a
    document or page that is not among those that are reviewed, and StateError if the journal cannot be used.
    """

    def listed(self, *, after: str | None, limit: int, text: str) -> Form:
        """Return up to `limit` documents after a key, whose name or origin contains a text."""
        ...

    def pages(self, key: str, *, after: int, limit: int) -> Form:
        """Return up to `limit` pages of a document after a page number."""
        ...

    def page(self, key: str, number: int) -> Form:
        """Return the text of a page, with its place in the document."""
        ...

    def picture(self, key: str, number: int) -> Page:
        """Return a page for its picture."""
        ...

    def edit(self, key: str, number: int, form: Form, *, who: str) -> Form:
        """Store an edit of a page, and return its lines as they are stored."""
        ...

    def history(self, key: str, number: int) -> Form:
        """Return the edits of a page, the newest first."""
        ...

    def words(self, key: str, text: str) -> Form:
        """Return the words of a document that have a text."""
        ...

    def mend_words(self, key: str, form: Form, *, who: str) -> Form:
        """Replace words of a document, and return how many were replaced."""
        ...

    def write(self, key: str) -> Form:
        """Write the outputs of a document again."""
        ...
