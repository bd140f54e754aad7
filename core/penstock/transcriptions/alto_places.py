"""The places of ALTO's elements: boxes, outlines and baselines."""

from __future__ import annotations

from penstock.geometry import Point
from penstock.render.scripts import natural_width
from penstock.transcriptions.drafts import Box
from penstock.transcriptions.findings import Findings
from penstock.transcriptions.numbers import LARGEST, number_of, points_of
from penstock.transcriptions.outlines import bounds
from penstock.transcriptions.xml_input import Element, local_name


class AltoPlaces:
    """Reads the places of elements.

    Parameters
    ----------
    findings
        Receives what cannot be read.
    """

    def __init__(self, findings: Findings) -> None:
        self._findings = findings

    def polygon(self, element: Element) -> tuple[Point, ...]:
        """Return the outline of an element; empty if it has no usable one."""
        for shape in element.iterchildren("{*}Shape"):
            for polygon in shape.iterchildren("{*}Polygon"):
                points = points_of(polygon.get("POINTS"))
                if points is None:
                    self._findings.add(
                        "the points of a polygon are not pairs of numbers", _described(element)
                    )
                    return ()
                left, top, right, bottom = bounds(points) if points else (0.0, 0.0, 0.0, 0.0)
                return points if len(points) > 2 and left < right and top < bottom else ()
        return ()

    def box(self, element: Element, text: str) -> Box | None:
        """Return left, top, right and bottom; None without a usable box.

        kraken wrote lines without a width, which is then estimated from the text.
        """
        get = element.get
        try:
            left, top = float(get("HPOS")), float(get("VPOS"))
            width, height = float(get("WIDTH")), float(get("HEIGHT"))
        except (TypeError, ValueError):
            given = [get(name) for name in ("HPOS", "VPOS", "WIDTH", "HEIGHT")]
            if any(given) and (text or None not in given):
                self._findings.add("a box is not four plausible numbers", _described(element))
            return None
        if 0 < width <= LARGEST and 0 < height <= LARGEST and abs(left) <= LARGEST and abs(top) <= LARGEST:
            return left, top, left + width, top + height
        if width == 0 < height and text and max(map(abs, (left, top, height))) <= LARGEST:
            return left, top, left + natural_width(text) * height, top + height
        if width != 0 or height != 0:
            is_negative = width < 0 or height < 0
            what = "has a negative size" if is_negative else "is not four plausible numbers"
            self._findings.add(f"a box {what}", _described(element))
        return None

    def baseline(self, line: Element, box: Box | None) -> tuple[Point, ...]:
        """Return the baseline, which ALTO gives as points or as one height."""
        given = line.get("BASELINE")
        if not given:
            return ()
        height = number_of(given)
        if height is not None:
            is_near = box is not None and 2 * box[1] - box[3] <= height <= 2 * box[3] - box[1]
            return ((box[0], height), (box[2], height)) if box and is_near else ()
        points = points_of(given)
        if points is None:
            self._findings.add("a baseline is not pairs of numbers", _described(line))
            return ()
        return points if len(points) > 1 and points[0] != points[-1] else ()


def _described(element: Element) -> str:
    """Return an element's name and id for messages: ``TextLine l7``."""
    return f"{local_name(element)} {element.get('ID') or ''}".strip()
