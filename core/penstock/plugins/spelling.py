"""Spelling suggestions."""

from __future__ import annotations

import difflib


def nearest(word: str, known: list[str] | tuple[str, ...]) -> str:
    """Return the known word that is most similar to a misspelled one; empty if none is similar."""
    return next(iter(difflib.get_close_matches(word, known, n=1, cutoff=0.6)), "")


__all__ = ["nearest"]
