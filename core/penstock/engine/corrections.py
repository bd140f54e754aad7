"""Outputs of the `json` sink that somebody mended by hand, taken back as what was read."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from penstock.engine.agreement import agreed
from penstock.engine.journal import Journal
from penstock.errors import CorrectionError
from penstock.json_form import VERSION, recognition_from_json, recognition_to_json
from penstock.model import Recognition

HINT = "give a file that the json sink wrote for a document of this pipeline"


def take_corrections(journal: Journal, paths: Iterable[Path]) -> int:
    """Put what stands in JSON files in the place of what was read; gives the number of pages that differ.

    Raises
    ------
    CorrectionError
        A file is none of the json sink's, or of no document that this pipeline has read. Then nothing of
        any file is taken.
    """
    forms = [(path, _form(path)) for path in paths]
    taken = sum(_take(journal, path, form) for path, form in forms)
    journal.commit()
    for path, _ in forms:
        journal.outputs.adopt(path)
    return taken


def _form(path: Path) -> dict[str, Any]:
    try:
        form = json.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise CorrectionError(f"{path}: cannot be read ({error.strerror or error})", HINT) from error
    except ValueError as error:
        raise CorrectionError(f"{path}: is no JSON any more ({error})", "mend it where that says") from error
    if (
        not isinstance(form, dict)
        or form.get("penstock") != VERSION
        or not isinstance(form.get("pages"), list)
    ):
        raise CorrectionError(f"{path}: is no output of the json sink", HINT)
    return form


def _take(journal: Journal, path: Path, form: Mapping[str, Any]) -> int:
    number = _document(journal, path, form)
    return sum(_take_page(journal, path, number, page) for page in form["pages"])


def _document(journal: Journal, path: Path, form: Mapping[str, Any]) -> int:
    """The number of the document in the journal that a file is of.

    Of several that are called the same it is the one that the file was written for, or, where somebody
    mended a copy, the one whose origin stands in it: one text never comes into another one's outputs.
    """
    name, origin = form.get("document"), str(form.get("origin"))
    alike = {
        number: document.origin
        for number, document in journal.documents.iterate()
        if document.name == name and Path(document.origin).name == Path(origin).name
    }
    if (written := journal.outputs.document_of(path)) in alike:
        return written
    found = [number for number in alike if alike[number] == origin] or list(alike)
    if not found:
        raise CorrectionError(f"{path}: is of {name!r}, which this pipeline has not read", HINT)
    if len(found) > 1:
        raise CorrectionError(
            f"{path}: may be of {alike[found[0]]} or of {alike[found[1]]}, which are both called {name!r}",
            "mend the file in the place where the json sink wrote it",
        )
    return found[0]


def _take_page(journal: Journal, path: Path, document: int, form: Mapping[str, Any]) -> bool:
    try:
        number = int(form["number"])
        corrected = recognition_from_json(form)
    except (KeyError, TypeError, ValueError) as error:
        raise CorrectionError(
            f"{path}: a page is not as the json sink writes it ({type(error).__name__}: {error})",
            "a page has a number and lines; a line text, quad and words; a word text and quad",
        ) from error
    rows = journal.documents.pages_after(document, number - 1)
    if not rows or rows[0].number != number or rows[0].content is None or rows[0].reading is None:
        raise CorrectionError(f"{path}: page {number} was not read", HINT)
    content, reading = rows[0].content, rows[0].reading
    before = journal.answers.current(content, reading)
    if _same(before, corrected):
        return False
    try:
        journal.answers.note_correction(content, agreed(corrected, before))
    except ValueError as error:
        hint = "mend one of the two, and the other follows"
        raise CorrectionError(f"{path}: page {number}: {error}", hint) from error
    return True


def _same(one: Recognition, other: Recognition) -> bool:
    return recognition_to_json(one) == recognition_to_json(other)


__all__ = ["take_corrections"]
