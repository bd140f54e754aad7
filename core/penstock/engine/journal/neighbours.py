"""What the state folders beside this one know, looked up and never written."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Any

from penstock.engine.journal.database import Database
from penstock.errors import StateError
from penstock.model import Problem


class Neighbours:
    """The journals of neighbouring state folders, to be asked from any thread.

    Nobody's work depends on them, so one that is of no use (older, newer, damaged) is passed over, and said.

    Parameters
    ----------
    folders
        Where they lie; those without a journal know nothing.
    """

    def __init__(self, folders: Iterable[Path] = ()) -> None:
        self._opened: dict[Path, Database] = {}
        self._passed_over: dict[Path, Problem] = {}
        for folder in folders:
            try:
                opened = Database.to_look_at(folder)
            except StateError as error:
                self._pass_over(folder, error)
            else:
                if opened is not None:
                    self._opened[folder] = opened

    def __len__(self) -> int:
        return len(self._opened)

    @property
    def passed_over(self) -> tuple[Problem, ...]:
        """The neighbours that are of no use, and why."""
        return tuple(self._passed_over.values())

    def look_up(self, statement: str, *values: Any) -> list[tuple[Any, ...]]:
        """What all of them have written, one's rows behind the other's."""
        rows: list[tuple[Any, ...]] = []
        for folder, opened in self._opened.items():
            if folder not in self._passed_over:
                try:
                    rows += opened.look_up(statement, *values)
                except StateError as error:
                    self._pass_over(folder, error)
        return rows

    def _pass_over(self, folder: Path, error: StateError) -> None:
        why = f"what was read and written from there is not known: {error.message}"
        self._passed_over[folder] = Problem(f"the neighbouring state folder {folder}", why, error.hint)

    def close(self) -> None:
        """Close what is open."""
        for opened in self._opened.values():
            opened.close()


__all__ = ["Neighbours"]
