"""Reading everything again, over as many runs as it takes: what one of them paid for, the next one knows."""

from __future__ import annotations

from penstock.engine.journal.database import Database

AFTER_ALL = 2**63 - 1
"""No run's number: where none has begun yet, no answer counts."""


class FreshReading:
    """A fresh reading of what a pipeline takes in: from the run that began it to the one that ends it whole.

    Parameters
    ----------
    pipeline
        Its key, as in `pipeline_key`.
    taking
        The digest of what it takes in: to read something else again is another fresh reading.
    """

    def __init__(self, database: Database, pipeline: str, taking: bytes) -> None:
        self._database = database
        self._whose = (pipeline, taking)

    def since(self) -> int | None:
        """The run that began the one that is not whole yet; None where none is under way. From any thread."""
        rows = self._database.look_up(
            "SELECT min(fresh_since) FROM runs WHERE pipeline = ? AND taking = ?", *self._whose
        )
        first: int | None = rows[0][0] if rows else None
        return first

    def begin(self, run: int) -> int:
        """Take part in it with a run: the first run whose answers count."""
        since = self.since()
        first = run if since is None else since
        taking = self._whose[1]
        self._database.write_now(
            "UPDATE runs SET fresh_since = ?, taking = ? WHERE id = ?", first, taking, run
        )
        return first

    def end(self) -> None:
        """Say, with the next commit, that it is whole: the next one begins anew."""
        self._database.gather(
            "UPDATE runs SET fresh_since = NULL WHERE pipeline = ? AND taking = ?", *self._whose
        )


__all__ = ["AFTER_ALL", "FreshReading"]
