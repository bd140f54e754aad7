"""What could not be read of a page."""

from __future__ import annotations

from collections.abc import Iterable


class Findings:
    """Collects what is wrong with a page, and says each kind once, with its first place and its number."""

    def __init__(self, clauses: Iterable[str] = ()) -> None:
        self._first: dict[str, str] = {}
        self._counts: dict[str, int] = {}
        for clause in clauses:
            self.add(clause)

    def add(self, what: str, where: str = "") -> None:
        """Add a clause ("a box has a negative size") and where it applies ("line 7")."""
        self._first.setdefault(what, where)
        self._counts[what] = self._counts.get(what, 0) + 1

    def clauses(self) -> tuple[str, ...]:
        """Return one clause for each kind: "a box has a negative size (line 7 and 2 more)"."""
        return tuple(self._clause(what, where) for what, where in self._first.items())

    def _clause(self, what: str, where: str) -> str:
        more = self._counts[what] - 1
        if not where:
            return what
        return f"{what} ({where} and {more} more)" if more else f"{what} ({where})"
