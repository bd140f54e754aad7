"""Reads JSON with the text of pages: answers of services, and penstock's own files."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

from penstock.errors import InvalidTranscription
from penstock.transcriptions.azure_answers import azure_pages
from penstock.transcriptions.azure_read import InvalidResult
from penstock.transcriptions.detection import JsonFormat, json_format_of
from penstock.transcriptions.markup_text import opened
from penstock.transcriptions.penstock_json import LaterVersion, penstock_pages
from penstock.transcriptions.textract_answers import textract_pages
from penstock.transcriptions.values import TranscribedPage
from penstock.transcriptions.vision_answers import vision_pages
from penstock.transcriptions.word_places import split_words

LARGEST_FILE = 512 << 20
"""Bytes of a file that is read at most. A page takes a few hundred thousand; JSON is parsed as a whole."""

_TOO_DEEP = "has too many nested lists or objects"

_SAVE_AGAIN = "save the service's whole answer again"
_HINTS: dict[JsonFormat, str] = {
    "penstock": "undo the last change of the file, or let penstock write it again"
}

_READERS: dict[JsonFormat, Callable[[object], Iterator[TranscribedPage]]] = {
    "azure": azure_pages,
    "penstock": penstock_pages,
    "textract": textract_pages,
    "vision": vision_pages,
}


def read_json(path: Path) -> Iterator[TranscribedPage]:
    """Iterate over the pages of a JSON file.

    Raises InvalidTranscription if the file cannot be read, or has no known format.
    """
    value = _parsed(path)
    form = json_format_of(value, path)
    try:
        for page in _READERS[form](value):
            yield _with_words(page)
    except RecursionError as error:
        raise InvalidTranscription(path, _TOO_DEEP) from error
    except LaterVersion as error:
        raise InvalidTranscription(path, str(error), "update penstock") from error
    except InvalidResult as error:
        raise InvalidTranscription(path, str(error), _HINTS.get(form, _SAVE_AGAIN)) from error


def _with_words(page: TranscribedPage) -> TranscribedPage:
    """Return a page whose lines without words have words placed by the line's text."""
    lines = page.recognition.lines
    if all(line.words for line in lines):
        return page
    lines = tuple(line if line.words else replace(line, words=split_words(line)) for line in lines)
    return replace(page, recognition=replace(page.recognition, lines=lines))


def _parsed(path: Path) -> object:
    with opened(path) as file:
        try:
            content = file.read(LARGEST_FILE + 1)
        except OSError as error:
            raise InvalidTranscription(path, f"cannot be read ({error.strerror or error})") from error
    if len(content) > LARGEST_FILE:
        raise InvalidTranscription(path, f"has more than {LARGEST_FILE >> 20} MB", "split the file")
    try:
        value: object = json.loads(content)
    except RecursionError as error:
        raise InvalidTranscription(path, _TOO_DEEP) from error
    except ValueError as error:
        raise InvalidTranscription(path, f"is no JSON ({error})", "save the answer again") from error
    return value
