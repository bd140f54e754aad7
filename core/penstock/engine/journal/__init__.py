"""The journal: the SQLite database of a state folder, which outlives a run.

It holds what was found, sent, recognized and written, so that the same command continues after any crash and
no page is paid for twice. The order of writes makes sure of that:

1. The intent is committed before a page is sent: no page that may have been billed is unknown. For a sheet
   of lines, what is on it is committed, too.
2. The operation is committed before it is first polled: it can be polled by the next run.
3. The result is committed before its document is given to a sink: no output exists without its results.
4. An unfinished output file is noted before it is created, and its digest before it is renamed: each file
   that a crash leaves behind is known to be penstock's own.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

from penstock.engine.journal.database import storable

if TYPE_CHECKING:
    from penstock.engine.journal.journal import Journal
else:

    def __getattr__(name: str) -> Any:
        """Return `Journal`, whose modules are imported when it is first used: readers need few of them."""
        if name != "Journal":
            raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
        from penstock.engine.journal.journal import Journal

        return Journal


def pipeline_key(state: Path, name: str, folder: Path) -> str:
    """Return what tells a pipeline's documents from those of others that use the same state folder."""
    return storable(f"{name} in {os.path.relpath(os.path.realpath(folder), os.path.realpath(state))}")


__all__ = ["Journal", "pipeline_key"]
