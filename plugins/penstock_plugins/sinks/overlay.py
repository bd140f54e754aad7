"""The ``overlay`` sink: pictures that show what was recognized where."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from penstock.hookspecs import hookimpl
from penstock.model import RecognizedDocument
from penstock.outputs import Outputs

SMALLEST_SIZE = 100


@dataclass(eq=False)
class Overlay:
    """Each page as a PNG for proof-reading: the scan with outlined words, and beside it the recognized text.

    The text has the same layout as the scan. Words of low confidence are red, corrected words violet.

    Parameters
    ----------
    path
        Name template of the output; the page number is added for documents of several pages.
    longest_side
        Of each of the two halves, in pixels; larger pages are scaled down.
    """

    is_stateless: ClassVar[bool] = True

    path: str = "{document}.overlay.png"
    longest_side: int = 2400

    def __post_init__(self) -> None:
        if self.longest_side < SMALLEST_SIZE:
            raise ValueError(f"longest_side must be at least {SMALLEST_SIZE}, got {self.longest_side}")

    @hookimpl
    def write(self, document: RecognizedDocument, outputs: Outputs) -> None:
        """Draw one picture per page. Raises OSError, and PictureError if a picture cannot be opened."""
        from penstock.render.overlay import draw_overlay

        for page in document.pages:
            with outputs.open(self.path, page=page.page, mode="wb") as file:
                draw_overlay(page, longest_side=self.longest_side).save(file, "PNG", compress_level=3)
