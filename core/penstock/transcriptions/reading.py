"""Read the pages of a file with text, whatever its format."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

from penstock.errors import InvalidTranscription
from penstock.model import StrPath
from penstock.transcriptions.alto_reader import read_alto
from penstock.transcriptions.detection import Format, format_of
from penstock.transcriptions.hocr_reader import read_hocr
from penstock.transcriptions.json_reader import read_json
from penstock.transcriptions.page_reader import read_page_xml
from penstock.transcriptions.values import TranscribedPage

Reader = Callable[[Path], Iterator[TranscribedPage]]

_READERS: dict[Format, Reader] = {
    "alto": read_alto,
    "hocr": read_hocr,
    "json": read_json,
    "page": read_page_xml,
}


def read_transcription(path: StrPath) -> Iterator[TranscribedPage]:
    """Iterate over the pages of a file with text, in the file's order. Only one page is in memory at a time.

    The format is detected from the content. Nothing that the file names is opened.

    Raises InvalidTranscription if the file cannot be read, or has no page. What is wrong with parts of a page
    is in its ``problems``.
    """
    file = Path(path)
    pages = _READERS[format_of(file)](file)
    first = next(pages, None)
    if first is None:
        raise InvalidTranscription(file, "has no pages", "export the file again with its text")
    yield first
    yield from pages
