"""The properties that hOCR keeps in ``title`` attributes, and the attributes that elements inherit."""

from __future__ import annotations

import re
from collections.abc import Mapping

from penstock.geometry import Point
from penstock.model import TextDirection
from penstock.transcriptions.languages import language_tag
from penstock.transcriptions.numbers import LARGEST, number_of
from penstock.transcriptions.xml_input import Element

Properties = Mapping[str, str]
"""Names in small letters and values: ``{"bbox": "0 0 9 9", "image": "page 1.png"}``."""

SAMPLES = 9
"""Points of a curved baseline."""

_DIRECTIONS: dict[str, TextDirection] = {"ltr": "ltr", "rtl": "rtl"}
_XML_LANG = "{http://www.w3.org/XML/1998/namespace}lang"
_PROPERTY = re.compile(r"""\s*([A-Za-z]\w*)((?:\s*(?:"[^"]*"|'[^']*'))+|[^;]*)\s*(?:;|$)""")
_QUOTED = re.compile(r""""([^"]*)"|'([^']*)'""")


def properties_of(title: str | None) -> dict[str, str]:
    """Return the properties of a ``title`` attribute, of which the first one of a name counts.

    A value in quotes may hold semicolons. Quotes that do not enclose a whole value are part of it.
    """
    if not title:
        return {}
    found: dict[str, str] = {}
    if '"' in title or "'" in title:
        position = 0
        while position < len(title):
            part = _PROPERTY.match(title, position)
            if part is None:
                position = title.find(";", position) + 1 or len(title)
                continue
            value = part[2].strip()
            quoted = _QUOTED.match(value)
            found.setdefault(part[1].lower(), (quoted[1] or quoted[2] or "") if quoted else value)
            position = max(part.end(), position + 1)
        return found
    for each in title.split(";"):
        name, _, value = each.strip().partition(" ")
        if name:
            found.setdefault(name.lower(), value.strip())
    return found


def inheritable(
    element: Element, properties: Properties
) -> tuple[str | None, TextDirection | None, float | None]:
    """Return an element's own language, direction and angle (degrees, counter-clockwise); None if missing."""
    language = language_tag(element.get("lang") or element.get(_XML_LANG))
    direction = _DIRECTIONS.get(element.get("dir") or "")
    return language, direction, number_of(properties.get("textangle"))


def numbers_in(value: str | None) -> list[float] | None:
    """Return numbers separated by spaces or commas; None if any of them is no plausible number."""
    if not value:
        return None
    try:
        numbers = [float(part) for part in value.replace(",", " ").split()]
    except ValueError:
        return None
    for number in numbers:
        if not -LARGEST <= number <= LARGEST:
            return None
    return numbers


def box_of(value: str) -> tuple[float, float, float, float] | None:
    """Return left, top, right and bottom; None without four plausible numbers.

    Some programs mix up the corners of turned words, so the numbers are put in order.
    """
    try:
        x1, y1, x2, y2 = map(float, value.split())
    except ValueError:
        numbers = numbers_in(value)
        if numbers is None or len(numbers) != 4:
            return None
        x1, y1, x2, y2 = numbers
    if 0 <= x1 <= x2 <= LARGEST and 0 <= y1 <= y2 <= LARGEST:
        return x1, y1, x2, y2
    if not all(-LARGEST <= number <= LARGEST for number in (x1, y1, x2, y2)):
        return None
    return min(x1, x2), min(y1, y2), max(x1, x2), max(y1, y2)


def baseline_in(value: str, box: tuple[float, float, float, float]) -> tuple[Point, ...]:
    """Return the baseline of a box; empty if it has none, or one that leaves the box by more than its height.

    hOCR gives the coefficients of a polynomial, the highest power first, from the box's bottom left corner.
    """
    coefficients = numbers_in(value)
    left, top, right, bottom = box
    if not coefficients or right <= left:
        return ()
    count = 2 if len(coefficients) <= 2 else SAMPLES
    points = []
    for index in range(count):
        x = (right - left) * index / (count - 1)
        y = 0.0
        for coefficient in coefficients:
            y = y * x + coefficient
        points.append((left + x, bottom + y))
    height = bottom - top
    return tuple(points) if all(top - height <= y <= bottom + height for _, y in points) else ()
