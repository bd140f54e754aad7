"""Why a request of the review page cannot be answered."""

from __future__ import annotations

from typing import Any

from penstock.errors import PenstockError


class NotFound(PenstockError):
    """No document in the scope has this key, or the document has no such page."""


class EditRefused(PenstockError):
    """An edit does not have the form that it must have, or cannot be stored."""


class EditConflict(PenstockError):
    """The page does not have the text any more that an edit replaces.

    Parameters
    ----------
    page
        The JSON form of the page as it is now.
    """

    def __init__(self, message: str, hint: str, page: dict[str, Any]) -> None:
        super().__init__(message, hint)
        self.page = page
