"""Strips: the lines of a page as they are cut out of its picture."""

from __future__ import annotations

from dataclasses import dataclass, replace

from penstock.geometry import Homography, Quad, unit
from penstock.model import Line, TextDirection

MARGIN_ALONG = 0.5
"""Margin before and after a line, in heights of the line: its first and last letter may be cut off."""
MARGIN_ACROSS = 0.2
"""Margin above and below a line, in heights of the line."""
_FIRST_CORNER = {"ttb": 3, "btt": 1}
"""Index of the quad's corner at the top left of upright characters, in vertical text."""


@dataclass(frozen=True, slots=True)
class Strip:
    """A line as it is cut out of a picture: level, with a margin around it.

    Parameters
    ----------
    width, height
        Size in pixels of the strip.
    text
        Where an answer belongs to the line: left, top, right and bottom in pixels of the strip.
    text_height
        Height of the line in pixels of the strip; of vertical text its width.
    to_picture
        Homography from pixels of the strip to pixels of the picture. It turns, scales and moves.
    """

    width: int
    height: int
    text: tuple[float, float, float, float]
    text_height: float
    to_picture: Homography

    def scaled(self, factor: float) -> Strip:
        """Return the strip with more pixels (``factor`` over 1) or fewer."""
        left, top, right, bottom = self.text
        return replace(
            self,
            width=max(1, round(self.width * factor)),
            height=max(1, round(self.height * factor)),
            text=(left * factor, top * factor, right * factor, bottom * factor),
            text_height=self.text_height * factor,
            to_picture=Homography.scaling(1 / factor, 1 / factor).then(self.to_picture),
        )


def strip_of(line: Line, to_picture: Homography, direction: TextDirection | None = None) -> Strip:
    """Return how a line is cut out of a picture, with as many pixels as it has there.

    Parameters
    ----------
    to_picture
        Homography from pixels of the line's quad to pixels of the picture.
    direction
        Direction of the line's text, if the line itself gives none.
    """
    quad = line.quad.mapped(to_picture)
    text_height = max(1.0, quad.height)
    along, across = MARGIN_ALONG * text_height, MARGIN_ACROSS * text_height
    first = _FIRST_CORNER.get(line.direction or direction or "ltr", 0)
    if first:
        corners = quad.corners
        quad = Quad.from_points(corners[(first + step) % len(corners)] for step in range(len(corners)))
        along, across = across, along
    upright = Quad.around([quad])  # a rectangle
    width, height = max(1.0, upright.width), max(1.0, upright.height)
    if first:
        text = (along, 0.0, along + width, height + 2 * across)
    else:
        text = (0.0, across, width + 2 * along, across + height)
    return Strip(
        max(1, round(width + 2 * along)),
        max(1, round(height + 2 * across)),
        text,
        text_height,
        Homography.moving(-along, -across).then(_turned_to(upright)),
    )


def _turned_to(rectangle: Quad) -> Homography:
    """Return the homography from pixels of a level rectangle at the origin to those of a turned one."""
    right, down = unit(rectangle.angle), unit(rectangle.angle + 90)
    x, y = rectangle.corners[0]
    return Homography(((right[0], down[0], x), (right[1], down[1], y), (0.0, 0.0, 1.0)))
