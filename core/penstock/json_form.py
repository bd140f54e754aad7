"""The JSON form of recognitions and pages. The `json` sink writes it; reading restores the values.

A value that the service does not give is null.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from penstock.model import Homography, Line, Page, Picture, Quad, Recognition, Word

VERSION = 1
"""Version of the form, under the key ``penstock`` of every file. Raised when an old reader would misread."""


def recognition_to_json(recognition: Recognition) -> dict[str, Any]:
    """Return ``{"angle", "recognizer", "language", "lines"}`` with the coordinates of the recognition."""
    return {
        "angle": recognition.angle,
        "recognizer": recognition.recognizer,
        "language": recognition.language,
        "lines": [
            {
                "text": line.text,
                "quad": [list(corner) for corner in line.quad.corners],
                "handwritten": line.handwritten_probability,
                "language": line.language,
                "words": [_word_to_json(word) for word in line.words],
            }
            for line in recognition.lines
        ],
    }


def _word_to_json(word: Word) -> dict[str, Any]:
    form = {
        "text": word.text,
        "quad": [list(corner) for corner in word.quad.corners],
        "confidence": word.confidence,
        "flagged_low": word.low_confidence,
    }
    # Left out of all other words: most pages have no corrections, and the journal stores every page.
    return {**form, "corrected": True} if word.corrected else form


def recognition_from_json(form: Mapping[str, Any]) -> Recognition:
    """Return the recognition of a JSON form. Raises KeyError, TypeError or ValueError for any other form."""
    return Recognition(
        lines=tuple(
            Line(
                text=line["text"],
                quad=Quad.from_points(line["quad"]),
                words=tuple(
                    Word(
                        word["text"],
                        Quad.from_points(word["quad"]),
                        word.get("confidence"),
                        bool(word.get("flagged_low", False)),
                        bool(word.get("corrected", False)),
                    )
                    for word in line.get("words") or ()
                ),
                handwritten_probability=line.get("handwritten"),
                language=line.get("language"),
            )
            for line in form["lines"]
        ),
        angle=form.get("angle"),
        recognizer=form.get("recognizer", ""),
        language=form.get("language"),
    )


def page_to_json(page: Page) -> dict[str, Any]:
    """Return a page's JSON form for another process or run, without its existing recognition."""
    return {
        "number": page.number,
        "origin": page.origin,
        "path": str(page.picture.path),
        "frame": page.picture.page_index,
        "size": page.picture.size,
        "modified_ns": page.picture.modified_ns,
        "url": _unsigned(page.picture.url),
        "width": page.width,
        "height": page.height,
        "dpi": list(page.dpi) if page.dpi else None,
        "orientation": page.orientation,
        "to_frame": [list(row) for row in page.to_page.rows],
        "existing_text": page.existing_text,
    }


def _unsigned(url: str | None) -> str | None:
    """Return the URL if it may be stored; None if its query or user part may hold a signature."""
    return url if url and not any(mark in url for mark in "?@#") else None


def page_from_json(form: Mapping[str, Any]) -> Page:
    """Return the page of a JSON form that `page_to_json` made."""
    first, second, third = ((row[0], row[1], row[2]) for row in form["to_frame"])
    return Page(
        number=form["number"],
        origin=form["origin"],
        picture=Picture(
            Path(form["path"]), form["frame"], form["size"], form["modified_ns"], form.get("url")
        ),
        width=form["width"],
        height=form["height"],
        dpi=(form["dpi"][0], form["dpi"][1]) if form["dpi"] else None,
        orientation=form["orientation"],
        to_page=Homography((first, second, third)),
        existing_text=form.get("existing_text", "auto"),
    )
