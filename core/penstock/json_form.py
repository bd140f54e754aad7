"""The JSON form of what was read: what the `json` sink writes, and what reads back as the same recognition.

What a service did not say is null, never made up.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from penstock.model import Homography, Line, Page, Picture, Quad, Recognition, Word

VERSION = 1
"""Stands under the key ``penstock`` of every file; raised when a reader of the old form would misread."""


def recognition_to_json(recognition: Recognition) -> dict[str, Any]:
    """``{"angle", "recognizer", "language", "lines"}``; places as they are in the recognition."""
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
                "words": [
                    {
                        "text": word.text,
                        "quad": [list(corner) for corner in word.quad.corners],
                        "confidence": word.confidence,
                        "flagged_low": word.low_confidence,
                    }
                    for word in line.words
                ],
            }
            for line in recognition.lines
        ],
    }


def recognition_from_json(form: Mapping[str, Any]) -> Recognition:
    """The recognition that a page's JSON form was made from.

    Raises KeyError, TypeError or ValueError if the form is not one.
    """
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
    """A page with where its picture is, for another process or another run; not what is known of it."""
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
    """An address that may be kept: none with a query or a user in it, which can be a signature."""
    return url if url and not any(mark in url for mark in "?@#") else None


def page_from_json(form: Mapping[str, Any]) -> Page:
    """The page that `page_to_json` wrote."""
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
