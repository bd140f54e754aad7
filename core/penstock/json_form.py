"""The JSON form of recognitions and pages. The `json` sink writes it; reading restores the values.

A value that version 1 had is always there, null if the service does not give it. A value that came with
version 2 is left out where it is empty: most pages have none of them, and the journal stores every page. A
recognition without such values has the same form, and so the same digest, as in version 1.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from penstock.model import (
    Alternative,
    Homography,
    Line,
    Page,
    Picture,
    Point,
    Quad,
    Recognition,
    Region,
    Word,
)
from penstock.storage import is_address

VERSION = 2
"""Version of the form, under the key ``penstock`` of every file."""
READABLE_VERSIONS = (1, 2)
"""Versions of the form that can be read. Version 1 has no regions, outlines, baselines or alternatives."""

Form = dict[str, Any]


def recognition_to_json(recognition: Recognition) -> Form:
    """Return ``{"angle", "recognizer", "language", "lines"}`` with the coordinates of the recognition."""
    form: Form = {
        "angle": recognition.angle,
        "recognizer": recognition.recognizer,
        "language": recognition.language,
    }
    if recognition.direction:
        form["direction"] = recognition.direction
    if recognition.regions:
        form["regions"] = [_region_to_json(region) for region in recognition.regions]
    if recognition.unread_lines:
        form["unread_lines"] = recognition.unread_lines
    form["lines"] = [line_to_json(line) for line in recognition.lines]
    return form


def _region_to_json(region: Region) -> Form:
    values = {"polygon": region.polygon, "language": region.language, "direction": region.direction}
    return {"kind": region.kind, **_given(values)}


def line_to_json(line: Line) -> Form:
    """Return the form of a line with its words."""
    form: Form = {
        "text": line.text,
        "quad": line.quad.corners,
        "handwritten": line.handwritten_probability,
        "language": line.language,
    }
    form |= _given(
        {
            "baseline": line.baseline,
            "polygon": line.polygon,
            "confidence": line.confidence,
            "alternatives": _alternatives_to_json(line.alternatives),
            "direction": line.direction,
            "region": line.region,
        }
    )
    form["words"] = [_word_to_json(word) for word in line.words]
    return form


def _word_to_json(word: Word) -> Form:
    form: Form = {
        "text": word.text,
        "quad": word.quad.corners,
        "confidence": word.confidence,
        "flagged_low": word.low_confidence,
    }
    if word.corrected:
        form["corrected"] = True
    if word.polygon:
        form["polygon"] = word.polygon
    if word.alternatives:
        form["alternatives"] = _alternatives_to_json(word.alternatives)
    if word.language:
        form["language"] = word.language
    if word.direction:
        form["direction"] = word.direction
    return form


def _alternatives_to_json(alternatives: Iterable[Alternative]) -> list[Form]:
    return [{"text": each.text, "confidence": each.confidence} for each in alternatives]


def _given(values: Form) -> Form:
    """Return the values that are neither None nor empty."""
    return {key: value for key, value in values.items() if value is not None and value not in ((), [])}


def recognition_from_json(form: Mapping[str, Any]) -> Recognition:
    """Return the recognition of a JSON form. Raises KeyError, TypeError or ValueError for any other form."""
    return Recognition(
        lines=tuple(map(line_from_json, form["lines"])),
        angle=form.get("angle"),
        recognizer=form.get("recognizer", ""),
        language=form.get("language"),
        regions=tuple(map(_region_from_json, form.get("regions") or ())),
        direction=form.get("direction"),
        unread_lines=form.get("unread_lines", 0),
    )


def _region_from_json(form: Mapping[str, Any]) -> Region:
    return Region(form["kind"], _points(form), form.get("language"), form.get("direction"))


def line_from_json(form: Mapping[str, Any]) -> Line:
    """Return the line of a form. Raises KeyError, TypeError or ValueError for any other form."""
    return Line(
        text=form["text"],
        quad=Quad.from_points(form["quad"]),
        words=tuple(map(_word_from_json, form.get("words") or ())),
        handwritten_probability=form.get("handwritten"),
        language=form.get("language"),
        baseline=_points(form, "baseline"),
        polygon=_points(form),
        confidence=form.get("confidence"),
        alternatives=_alternatives(form),
        direction=form.get("direction"),
        region=form.get("region"),
    )


def _word_from_json(form: Mapping[str, Any]) -> Word:
    return Word(
        form["text"],
        Quad.from_points(form["quad"]),
        form.get("confidence"),
        bool(form.get("flagged_low", False)),
        bool(form.get("corrected", False)),
        _points(form) if "polygon" in form else (),
        _alternatives(form) if "alternatives" in form else (),
        form.get("language"),
        form.get("direction"),
    )


def _points(form: Mapping[str, Any], key: str = "polygon") -> tuple[Point, ...]:
    return tuple((float(x), float(y)) for x, y in form.get(key) or ())


def _alternatives(form: Mapping[str, Any]) -> tuple[Alternative, ...]:
    return tuple(Alternative(each["text"], each.get("confidence")) for each in form.get("alternatives") or ())


def page_to_json(page: Page) -> Form:
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
    may_be_stored = url and (is_address(url) or not any(mark in url for mark in "?@#"))
    return url if may_be_stored else None


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
