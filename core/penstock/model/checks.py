"""Checks that several values share."""

from __future__ import annotations

import math

from penstock.errors import sort_of


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
