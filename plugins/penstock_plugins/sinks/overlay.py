"""The `overlay` sink."""

from __future__ import annotations

from dataclasses import dataclass

from penstock.hookspecs import hookimpl
from penstock.model import RecognizedDocument
from penstock.outputs import Outputs


@dataclass(eq=False)
class Overlay:
    """Each page as a PNG, with its lines and words outlined and their text set beside the ink.

    Parameters
    ----------
    path
        Name of the output; a document of several pages gets their numbers into it.
    longest_side
        Of the picture in pixels; larger pages are scaled down.
    """

    path: str = "{document}.overlay.png"
    longest_side: int = 2400

    def __post_init__(self) -> None:
        if self.longest_side < 100:
            raise ValueError("longest_side is at least 100 pixels")

    @hookimpl
    def write(self, document: RecognizedDocument, outputs: Outputs) -> None:
        """Draw page after page."""
        from penstock.render.overlay import draw_overlay

        for read in document.pages:
            with outputs.open(self.path, page=read.page, mode="wb") as file:
                draw_overlay(read, longest_side=self.longest_side).save(file, "PNG", compress_level=3)
