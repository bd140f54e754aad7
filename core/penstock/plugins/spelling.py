"""The word that was probably meant."""

from __future__ import annotations

import difflib


def nearest(word: str, known: list[str] | tuple[str, ...]) -> str:
    """The known word that was probably meant, or an empty string."""
    return next(iter(difflib.get_close_matches(word, known, n=1, cutoff=0.6)), "")


__all__ = ["nearest"]
