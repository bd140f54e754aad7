"""Regions of a PAGE XML page in reading order."""

from __future__ import annotations

import math
from collections.abc import Iterator

from penstock.model import Region
from penstock.transcriptions.outlines import bounds
from penstock.transcriptions.page_places import children, outline_of
from penstock.transcriptions.page_terms import REGIONS_WITHOUT_TEXT
from penstock.transcriptions.page_texts import direction_of, language_of, marks, position_of
from penstock.transcriptions.xml_input import Element, local_name

_KINDS = {name: kind for kind, name in REGIONS_WITHOUT_TEXT.items()}
_GROUPS = ("OrderedGroup", "OrderedGroupIndexed", "UnorderedGroup", "UnorderedGroupIndexed")
_REFERENCES = ("RegionRef", "RegionRefIndexed")
_CELL = "TableCell"
"""Transkribus's element for a cell of a table. The standard has text regions in its place."""


def is_region(element: Element) -> bool:
    name = local_name(element)
    return name.endswith("Region") or name == _CELL


def regions_in_order(page: Element, problems: list[str]) -> list[Element]:
    """Return all regions of a page, also nested ones.

    First come the regions that the reading order names. A nested region that it does not name follows its
    parent. Then come the other regions, in the order of their own positions (Transkribus) or of the file.
    """
    known: dict[str, Element] = {}
    for element in page.iter("{*}*"):
        if is_region(element):
            known.setdefault(element.get("id", ""), element)
    named = _named_regions(page, known, problems)
    order = _Order({known[identity] for identity in named})
    for identity in named:
        order.add(known[identity])
    for element in _sorted(page):
        order.add(element)
    return order.found


class _Order:
    def __init__(self, named: set[Element]) -> None:
        self.found: list[Element] = []
        self._named = named
        self._added: set[Element] = set()

    def add(self, element: Element) -> None:
        """Add a region, and the regions in it that have no place of their own in the reading order."""
        if element not in self._added:
            self._added.add(element)
            self.found.append(element)
        for nested in _sorted(element):
            if nested not in self._named:
                self.add(nested)


def _named_regions(page: Element, known: dict[str, Element], problems: list[str]) -> list[str]:
    """Return the ids in the reading order, each once, without those that no region has."""
    named: list[str] = []
    for reading_order in children(page, "ReadingOrder"):
        for identity in _references(reading_order):
            if identity not in known:
                problems.append(f'the reading order names the region "{identity[:80]}", which does not exist')
            elif identity not in named:
                named.append(identity)
    return named


def _references(group: Element) -> Iterator[str]:
    """Yield the ids that a group of the reading order names, with its own region first."""
    members = children(group, *_GROUPS, *_REFERENCES)
    if local_name(group).startswith("Ordered"):
        members.sort(key=_index)
    for member in members:
        if identity := member.get("regionRef"):
            yield identity
        if local_name(member) in _GROUPS:
            yield from _references(member)


def _index(member: Element) -> float:
    try:
        return float(member.get("index", ""))
    except ValueError:
        return math.inf


def _sorted(parent: Element) -> list[Element]:
    """Return the regions directly in an element."""
    found = [each for each in parent if is_region(each)]
    if any(local_name(each) == _CELL for each in found):
        return sorted(found, key=lambda each: (_number(each, "row"), _number(each, "col")))
    return sorted(found, key=_position)


def _number(element: Element, name: str) -> int:
    given = element.get(name, "")
    return int(given) if given.isdecimal() else 0


def _position(element: Element) -> float:
    position = position_of(element)
    return math.inf if position is None else position


def lines_in_order(region: Element, order: str, angle: float) -> list[Element]:
    """Return the lines of a region.

    Their own positions count if all have one, else the order of the file. ``order`` is PAGE's
    ``textLineOrder``: a reversed one turns the lines round if the file has them the other way.
    """
    lines = children(region, "TextLine")
    positions = [position_of(line) for line in lines]
    if lines and None not in positions:
        return sorted(lines, key=_position)
    if order in ("bottom-to-top", "right-to-left") and len(lines) > 1 and abs(angle) <= 45:
        first, last = (outline_of(line, []) for line in (lines[0], lines[-1]))
        axis = 0 if order == "right-to-left" else 1
        if first and last and bounds(first)[axis] < bounds(last)[axis]:
            return lines[::-1]
    return lines


def region_of(element: Element, problems: list[str]) -> Region:
    return Region(_kind(element), outline_of(element, problems), language_of(element), direction_of(element))


def _kind(element: Element) -> str:
    """Return the type of a text region, also from Transkribus's mark, or what another region is made for."""
    name = local_name(element)
    if name == "TextRegion":
        marked = [mark.get("type") for mark in marks(element, "structure")]
        return element.get("type") or next(filter(None, marked), "text")
    return "text" if name == _CELL else _KINDS.get(name, name.removesuffix("Region").lower() or "unknown")
