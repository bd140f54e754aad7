"""The ``confidence`` rule: accept pages of which the recognizer is sure."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

from annotated_types import Ge, Le

from penstock import page_confidence
from penstock.hookspecs import hookimpl
from penstock.model import Recognition


@dataclass(eq=False)
class Confidence:
    """Accepts a page whose confidence is high enough.

    A page without text, and one whose recognizer gives no confidences, has none and is not accepted.

    Parameters
    ----------
    at_least
        The lowest confidence of a page that is accepted, from 0 to 1; see `penstock.page_confidence`.
    """

    at_least: Annotated[float, Ge(0), Le(1)]

    @hookimpl
    def accepts(self, recognition: Recognition) -> bool:
        """Return whether the page's confidence is high enough."""
        confidence = page_confidence(recognition)
        return confidence is not None and confidence >= self.at_least
