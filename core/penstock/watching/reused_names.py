"""Names for documents whose files have the name of an earlier file that was moved or deleted."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import replace
from functools import partial
from itertools import chain, count
from pathlib import Path

from penstock.config import Configuration
from penstock.engine.journal import pipeline_key
from penstock.engine.journal.database import Database
from penstock.engine.journal.documents import document_number
from penstock.model import Document


class EarlierDocuments:
    """The documents whose files a watch has moved or deleted after it had read them.

    Scanners begin again with ``scan0001`` once their files are gone. The new document must not replace the
    outputs of the earlier one.
    """

    def __init__(self, configuration: Configuration) -> None:
        self._state = configuration.state
        self._pipeline = pipeline_key(configuration.state, configuration.name, configuration.folder)

    @contextmanager
    def opened(self) -> Iterator[Callable[[Document], Document]]:
        """Open the journal, and give what returns a document, perhaps with a number behind its name.

        It has one if an earlier document has written under its name. A document whose first file is still
        what it was when it was written keeps its name. Raises StateError if the journal cannot be read.
        """
        if (journal := Database.open_read_only(self._state)) is None:
            yield lambda document: document
            return
        with closing(journal):
            yield partial(self._renamed, journal)

    def _renamed(self, journal: Database, document: Document) -> Document:
        names = chain([document.name], (f"{document.name}-{number}" for number in count(2)))
        candidates = (replace(document, name=name) for name in names)
        return next(each for each in candidates if not self._is_earlier(journal, each))

    def _is_earlier(self, journal: Database, document: Document) -> bool:
        """Return whether a document of this name was written, of files that are gone or others now."""
        rows = journal.look_up(
            "SELECT page FROM pages WHERE document = ? AND page IS NOT NULL"
            " AND EXISTS (SELECT 1 FROM deliveries WHERE deliveries.document = pages.document)"
            # Files with a failed page are neither moved nor deleted, so the next ones are to replace them.
            " AND NOT EXISTS (SELECT 1 FROM pages AS failed WHERE failed.document = pages.document"
            " AND failed.state = 'failed')"
            " ORDER BY number LIMIT 1",
            document_number(self._pipeline, document, os.path.realpath(self._state)),
        )
        return bool(rows) and not _is_unchanged(rows[0][0])


def _is_unchanged(stored: str) -> bool:
    """Return whether the file of a stored page is as it was; True if the journal does not tell."""
    page = json.loads(stored)
    if page.get("spooled") or page.get("modified_ns") is None:
        return True
    try:
        status = Path(page["path"]).stat()
    except OSError:
        return False
    return bool(status.st_mtime_ns == page["modified_ns"])
