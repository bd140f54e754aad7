"""Prices of a recognizer's pages."""

from __future__ import annotations

import math
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class PriceStep:
    """A price for the pages that a recognizer is sent in a calendar month, up to a number of pages.

    Parameters
    ----------
    price
        Price of a thousand pages, in any currency; 0 if the pages are free.
    up_to
        Number of the last page of a month with this price; None in the last step.
    """

    __pydantic_config__ = {"extra": "forbid"}  # noqa: RUF012  pydantic reads it

    price: float
    up_to: int | None = None


Price = float | tuple[PriceStep, ...]
"""Price of a thousand pages, or its steps within a calendar month."""


def check_price(name: str, price: Price | None) -> None:
    """Raise ValueError for a price that is no number of at least 0, and for steps that leave a page out."""
    if price is None:
        return
    steps = price_steps(price)
    for step in steps:
        if not (math.isfinite(step.price) and step.price >= 0):
            raise ValueError(f"{name} must be a finite number, at least 0, got {step.price}")
    ends = [step.up_to for step in steps]
    if not ends or ends[-1] is not None:
        raise ValueError(f"{name} must end with a step that has no up_to")
    before = 0
    for end in ends[:-1]:
        if end is None:
            raise ValueError(f"{name} must have up_to in every step but the last one")
        if end <= before:
            raise ValueError(f"{name} must have steps whose up_to rises, got {end} after {before}")
        before = end


def price_steps(price: Price) -> tuple[PriceStep, ...]:
    """Return the steps of a price; one step for a number."""
    return price if isinstance(price, tuple) else (PriceStep(price),)
