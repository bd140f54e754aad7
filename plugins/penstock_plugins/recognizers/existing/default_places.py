"""Where programs write the transcription of a picture if nothing else is said."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

from penstock.errors import InvalidTranscription
from penstock.transcriptions.detection import format_of, json_format_of
from penstock.transcriptions.file_names import is_file, spellings

SUFFIXES = (".xml", ".alto", ".alto.xml", ".page.xml", ".hocr", ".html", ".htm", ".json")
SUBFOLDERS = ("", "page", "alto", "hocr")
"""Subfolders of the pictures' folder. Transkribus writes ``page`` and ``alto``."""
METS_NAMES = ("mets.xml", "METS.xml")


def transcriptions_in(folder: Path, picture: str, stem: str) -> Iterator[Path]:
    """Iterate over the files in a folder that may be the transcription of a picture, the likeliest first.

    Parameters
    ----------
    folder
        The folder, in whose subfolders files are looked for too.
    picture
        Name of the picture: ``page.jpg``. ``page.jpg.xml`` is found as well as ``page.xml``.
    stem
        Name of the picture without its suffix.
    """
    names = dict.fromkeys((*spellings(stem), *spellings(picture)))
    for subfolder in SUBFOLDERS:
        for suffix in SUFFIXES:
            for name in names:
                path = folder / subfolder / f"{name}{suffix}"
                if is_file(path):
                    yield path


def reason_against(path: Path) -> str:
    """Return why a file is no transcription of the picture beside it; empty if it is one.

    Files that penstock wrote are passed over: one would be read instead of the picture, and written again.
    """
    try:
        with path.open("rb") as file:
            is_ours = b"penstock" in file.read(2048)
        if format_of(path) == "json":
            json_format_of(json.loads(path.read_bytes()), path)
    except InvalidTranscription as error:
        return error.reason
    except OSError as error:
        return f"cannot be read ({error.strerror or error})"
    except (ValueError, RecursionError):
        return "is no valid JSON"
    return "was written by penstock" if is_ours else ""


def mets_in(folder: Path) -> Path | None:
    """Return the METS file of a folder, or of the folder above it."""
    places = (place / name for place in (folder, folder.parent) for name in METS_NAMES)
    return next((place for place in places if place.is_file()), None)
