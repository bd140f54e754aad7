"""Which documents of a journal are in a scope, as a condition of SQL: journals have many documents."""

from __future__ import annotations

import json
import os
from pathlib import Path

from penstock.engine.journal.database import Database
from penstock.engine.state_folder import SPOOL
from penstock.search import Scope

IN_SCOPE = (
    "(?1 IS NULL OR documents.pipeline = ?1) AND (?2 IS NULL OR EXISTS (SELECT 1 FROM pages"
    " WHERE pages.document = documents.id"
    " AND (instr(pages.page, ?2) OR instr(pages.page, ?3) OR instr(pages.page, ?4)))"
    " OR documents.id IN (SELECT value FROM json_each(?5)))"
)
"""A condition for rows of ``documents``. Its values, 1 to 5, are those of `scope_values`."""


def scope_values(scope: Scope, database: Database) -> tuple[str | None, ...]:
    """Return the values of the condition `IN_SCOPE`.

    They are the pipeline, three texts of which the stored form of a page has one if its picture is inside the
    scope, and documents with paths that these texts do not find.
    """
    if scope.inside is None:
        return scope.pipeline, None, None, None, "[]"
    real = Path(os.path.realpath(scope.inside))
    spool = Path(os.path.realpath(scope.state)) / SPOOL
    spooled = '"spooled": true' if real in spool.parents else _begin(real)
    return scope.pipeline, _begin(scope.inside), _begin(real), spooled, _indirect(scope, database)


def _begin(inside: Path) -> str:
    """Return how the stored form of a page names pictures in a folder, or one picture."""
    if not inside.is_dir():
        return f'"path": {json.dumps(str(inside))}'
    # Without the quotes at the end: what is in the folder follows.
    return f'"path": {json.dumps(str(inside).rstrip("/") + "/")}'.removesuffix('"')


def _indirect(scope: Scope, database: Database) -> str:
    """Return a JSON list of the documents that were read by a path with ``..``, as ``../letters``."""
    rows = database.look_up("SELECT document, page FROM pages WHERE instr(page, '/../')")
    found = {document for document, page in rows if scope.has(Path(json.loads(page)["path"]))}
    return json.dumps(sorted(found))
