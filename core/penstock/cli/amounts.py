"""Amounts on the command line: what is none is said in a person's words."""

from __future__ import annotations

import math

import click


def money(text: str) -> float:
    """A sum of 0 or more. Raises BadParameter for anything else, infinity too."""
    try:
        amount = float(text)
    except ValueError:
        amount = math.nan
    if not (math.isfinite(amount) and amount >= 0):
        raise click.BadParameter(f"'{text}' is not a sum, for example 1.50")
    return amount


def pages(text: str) -> int:
    """A number of pages, 1 or more. Raises BadParameter for anything else."""
    if not text.isdecimal() or int(text) < 1:
        raise click.BadParameter(f"'{text}' is not a number of pages, 1 or more")
    return int(text)


__all__ = ["money", "pages"]
