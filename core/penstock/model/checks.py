"""Checks that several values share."""

from __future__ import annotations

import math
from collections.abc import Iterable

from penstock.errors import sort_of
from penstock.geometry import Point

DIRECTIONS = ("ltr", "rtl", "ttb", "btt")


def check_text(text: object) -> None:
    """Raise TypeError if ``text`` is not a str."""
    if not isinstance(text, str):
        raise TypeError(f"text must be a str, got {sort_of(text)}")


def check_probability(owner: object, name: str, value: float | None) -> None:
    """Raise ValueError if a field is neither None nor from 0 to 1. Make it a float."""
    if value is None or (type(value) is float and 0 <= value <= 1):
        return
    # numpy's numbers become floats here, because the json module does not write them.
    number = float(value)
    if not 0 <= number <= 1:
        raise ValueError(f"{name} must be from 0 to 1, got {value}")
    object.__setattr__(owner, name, number)


def check_seconds(name: str, value: float | None) -> None:
    """Raise ValueError if a value is neither None nor a finite number of seconds."""
    if value is not None and not (math.isfinite(value) and value >= 0):
        raise ValueError(f"{name} must be a finite number of seconds, at least 0, got {value}")


def check_direction(value: object) -> None:
    """Raise ValueError if a value is neither None nor a direction of text."""
    if value is not None and value not in DIRECTIONS:
        raise ValueError(f"direction must be one of {', '.join(DIRECTIONS)} or None, got {value!r}")


def check_points(owner: object, name: str, points: Iterable[Point], *, least: int) -> None:
    """Raise ValueError if a field is neither empty nor at least ``least`` finite points.

    Make it a tuple of pairs of floats.
    """
    if points == ():  # as for most lines and regions
        return
    made = tuple([(float(x), float(y)) for x, y in points])
    if made and len(made) < least:
        raise ValueError(f"{name} must be empty or have at least {least} points, got {len(made)}")
    if not all(math.isfinite(x) and math.isfinite(y) for x, y in made):
        raise ValueError(f"{name} must have finite points, got {made}")
    object.__setattr__(owner, name, made)


def check_members(name: str, members: Iterable[object], kind: type) -> None:
    """Raise TypeError if a field is not a tuple of one kind of values."""
    if not isinstance(members, tuple) or not all(isinstance(member, kind) for member in members):
        raise TypeError(f"{name} must be a tuple of {kind.__name__}s")
