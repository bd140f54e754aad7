"""The places of hOCR's elements: boxes and outlines."""

from __future__ import annotations

from penstock.geometry import Point, Quad
from penstock.transcriptions.drafts import Box
from penstock.transcriptions.findings import Findings
from penstock.transcriptions.hocr_properties import Properties, box_of
from penstock.transcriptions.numbers import points_of


class HocrPlaces:
    """Reads the places of elements.

    Parameters
    ----------
    findings
        Receives what cannot be read.
    """

    def __init__(self, findings: Findings) -> None:
        self._findings = findings

    def box(self, properties: Properties) -> Box | None:
        """Return the place of an element; None if it has no usable one."""
        given = properties.get("bbox")
        if given is None:
            return None
        box = box_of(given)
        if box is None:
            self._findings.add("a bbox is not four numbers", given[:40])
            return None
        if box[0] == box[2] or box[1] == box[3]:
            self._findings.add("a bbox has no area", given)
            return None
        return box

    def polygon(self, properties: Properties) -> tuple[Point, ...]:
        """Return the outline of an element; empty if it has none beside its box."""
        given = properties.get("poly")
        if given is None:
            return ()
        points = points_of(given)
        if points is None:
            self._findings.add("a poly is not pairs of numbers", given[:40])
        return points if points and len(points) > 2 else ()

    def region(self, properties: Properties) -> tuple[Point, ...]:
        """Return the outline of a region, or the corners of its box; empty if it has neither."""
        polygon = self.polygon(properties)
        if polygon:
            return polygon
        box = self.box(properties)
        return Quad.from_box(*box).corners if box else ()
