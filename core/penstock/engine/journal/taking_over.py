"""Taking over what runs in neighbouring state folders had out when they ended: it was paid for."""

from __future__ import annotations

from collections.abc import Iterable
from contextlib import closing, suppress
from pathlib import Path

from penstock.engine.journal.database import Database
from penstock.engine.state_folder import StateFolder
from penstock.errors import StateError

_OUT = "SELECT content, reading, recognizer, origin, operation, durable, at, given_up FROM submissions"
# What is out here, too, is asked for here; and what was answered since needs no asking any more.
_TAKE = (
    "INSERT OR IGNORE INTO submissions"
    " (content, reading, recognizer, origin, operation, durable, at, given_up)"
    " SELECT ?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8 WHERE NOT EXISTS"
    " (SELECT 1 FROM answers WHERE content = ?1 AND reading = ?2 AND at >= ?7)"
)


def take_over(database: Database, neighbours: Iterable[Path]) -> None:
    """Take over what is out from the neighbours that nobody holds; those of no use are passed over.

    It is on the disk here before it is dropped there. Who is killed in between leaves it in both, and it is
    asked for twice at most.
    """
    for folder in neighbours:
        with suppress(StateError):
            if _has_out(folder):
                with StateFolder(folder) as held:
                    _take(database, held)


def _has_out(folder: Path) -> bool:
    looked_at = Database.to_look_at(folder)
    if looked_at is None:
        return False
    with closing(looked_at):
        return bool(looked_at.rows(f"{_OUT} LIMIT 1"))


def _take(database: Database, held: StateFolder) -> None:
    with closing(Database(held.path, network=held.network() is not None)) as neighbour:
        for row in neighbour.rows(_OUT):
            database.gather(_TAKE, *row)
        database.commit()
        neighbour.gather("DELETE FROM submissions")
        neighbour.commit()


__all__ = ["take_over"]
