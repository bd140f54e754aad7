"""Corrections: outputs that were edited by hand and replace the recognized text."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import replace
from itertools import zip_longest
from pathlib import Path
from typing import Any

from penstock.engine.corrected_lines import agreed_line
from penstock.engine.journal import Journal
from penstock.engine.keys import CORRECTION
from penstock.engine.transcribed_corrections import corrected_pages
from penstock.errors import CorrectionError, InvalidTranscription
from penstock.json_form import READABLE_VERSIONS, recognition_from_json, recognition_to_json
from penstock.model import Line, Recognition

HINT = "give a file that the json, hocr, alto or page sink wrote for a document of this pipeline"
CONTRADICTION_HINT = "let both say the same, or edit only one of the two; the other one is changed to match"
CHUNK = 64  # bytes that show whether a file is XML or JSON


def take_corrections(journal: Journal, paths: Iterable[Path]) -> int:
    """Store the text in edited outputs as corrections; return the number of pages that differ.

    The files are JSON of penstock, hOCR, ALTO, PAGE XML or another form with text. Raises CorrectionError,
    and takes no file, if one cannot be read, or belongs to no page that this pipeline has recognized.
    """
    forms = [(path, _form(path) if _is_json(path) else None) for path in paths]
    taken = sum(
        _take_transcription(journal, path) if form is None else _take(journal, path, form)
        for path, form in forms
    )
    journal.commit()
    # Only after the commit: from here on, the sinks may replace the edited files.
    for path, _ in forms:
        journal.outputs.adopt(path)
    return taken


def _is_json(path: Path) -> bool:
    """Return whether a file is to be read as JSON of penstock. A file that cannot be read is reported so."""
    try:
        with path.open("rb") as file:
            start = file.read(CHUNK)
    except OSError:
        return True
    return b"<" not in start.replace(b"\0", b"").lstrip(b"\xef\xbb\xbf\xff\xfe \t\r\n")[:1]


def _take_transcription(journal: Journal, path: Path) -> int:
    """Take the text of a file in another form than JSON; return the number of pages that differ."""
    taken = 0
    for number, corrected in enumerate(corrected_pages(journal, path), start=1):
        content_key, recognizer_key = corrected.row.content_key, corrected.row.recognizer_key
        if content_key is None or recognizer_key is None:
            continue
        before = journal.answers.current(content_key, recognizer_key)
        try:
            recognition = corrected.recognition(before)
        except InvalidTranscription as error:
            raise CorrectionError(f"{path}: page {number}: {error.reason}", error.hint) from error
        except ValueError as error:
            raise CorrectionError(f"{path}: page {number}: {error}", CONTRADICTION_HINT) from error
        if recognition != before:
            journal.answers.note_recognition(content_key, CORRECTION, recognition)
            taken += 1
    return taken


def _form(path: Path) -> dict[str, Any]:
    try:
        # From bytes, because some editors write a byte order mark or UTF-16.
        form = json.loads(path.read_bytes())
    except OSError as error:
        raise CorrectionError(f"{path}: cannot be read ({error.strerror or error})", HINT) from error
    except UnicodeDecodeError as error:
        raise CorrectionError(f"{path}: has another encoding than UTF-8", "save it as UTF-8") from error
    except ValueError as error:
        raise CorrectionError(f"{path}: is not valid JSON ({error})", "correct the syntax there") from error
    if (
        not isinstance(form, dict)
        or form.get("penstock") not in READABLE_VERSIONS
        or not isinstance(form.get("pages"), list)
    ):
        raise CorrectionError(f"{path}: is not an output of the json sink", HINT)
    return form


def _take(journal: Journal, path: Path, form: Mapping[str, Any]) -> int:
    number = _document(journal, path, form)
    return sum(_take_page(journal, path, number, page) for page in form["pages"])


def _document(journal: Journal, path: Path, form: Mapping[str, Any]) -> int:
    """The number in the journal of the document that a file was written for.

    It is the one that this very file was written for, also by a `penstock read` in another folder. For an
    edited copy in another place, it is the pipeline's document with the name and origin that the file names.
    The text of one document never gets into the outputs of another.
    """
    name, origin = form.get("document"), str(form.get("origin"))
    written = journal.outputs.document_of(path)
    if written is not None and journal.documents.name_of(written) == name:
        return written
    candidates = {
        number: document.origin
        for number, document in journal.documents.iterate()
        if document.name == name and Path(document.origin).name == Path(origin).name
    }
    found = [number for number in candidates if candidates[number] == origin] or list(candidates)
    if not found:
        raise CorrectionError(
            f"{path}: belongs to the document {name!r}, which is not recognized yet",
            'recognize it first, without corrections; leave "document" and "origin" in the file as they were',
        )
    if len(found) > 1:
        raise CorrectionError(
            f"{path}: may belong to {candidates[found[0]]} or {candidates[found[1]]}, both called {name!r}",
            "edit the file in the place where the json sink wrote it",
        )
    return found[0]


def _take_page(journal: Journal, path: Path, document: int, form: Mapping[str, Any]) -> bool:
    try:
        number = int(form["number"])
        corrected = recognition_from_json(form)
    except (KeyError, TypeError, ValueError) as error:
        raise CorrectionError(
            f"{path}: a page does not have the form of the json sink ({type(error).__name__}: {error})",
            "a page has a number and lines; a line text, quad and words; a word text and quad",
        ) from error
    row = next(iter(journal.documents.pages_after(document, number - 1)), None)
    if row is None or row.number != number or row.content_key is None or row.recognizer_key is None:
        raise CorrectionError(f"{path}: page {number} is not recognized", HINT)
    before = journal.answers.current(row.content_key, row.recognizer_key)
    if recognition_to_json(before) == recognition_to_json(corrected):
        return False
    try:
        journal.answers.note_recognition(row.content_key, CORRECTION, _agreement(corrected, before))
    except ValueError as error:
        raise CorrectionError(f"{path}: page {number}: {error}", CONTRADICTION_HINT) from error
    return True


def _agreement(corrected: Recognition, before: Recognition) -> Recognition:
    """Return the correction with each line's text and words in agreement, without lines that were emptied.

    Raises ValueError if the text and the words of a line contradict each other.
    """
    pairs = zip(corrected.lines, _counterparts(corrected, before), strict=True)
    lines = []
    for number, (line, was) in enumerate(pairs, start=1):
        try:
            lines.append(agreed_line(line, was))
        except ValueError as error:
            raise ValueError(f"line {number} {error}") from error
    return replace(corrected, lines=tuple(line for line in lines if line.words or line.text.strip()))


def _counterparts(corrected: Recognition, before: Recognition) -> Iterable[Line | None]:
    """For each line, the same line before: by quad, else by order if no line was added or removed."""
    by_quad = {line.quad: line for line in before.lines}
    in_order = before.lines if len(corrected.lines) == len(before.lines) else ()
    return [by_quad.get(line.quad, was) for line, was in zip_longest(corrected.lines, in_order)]
