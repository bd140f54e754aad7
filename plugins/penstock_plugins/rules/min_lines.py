"""The ``min_lines`` rule: accept pages on which enough lines were found."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

from annotated_types import Ge

from penstock.hookspecs import hookimpl
from penstock.model import Recognition


@dataclass(eq=False)
class MinLines:
    """Accepts a page on which the recognizer found enough lines.

    Parameters
    ----------
    at_least
        The lowest number of lines with text. 0 accepts every page, also one without text.
    """

    at_least: Annotated[int, Ge(0)]

    @hookimpl
    def accepts(self, recognition: Recognition) -> bool:
        """Return whether there are enough lines."""
        return sum(bool(line.text.strip()) for line in recognition.lines) >= self.at_least
