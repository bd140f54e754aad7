"""The ``alto`` sink: ALTO XML, the format of libraries and archives."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from penstock.hookspecs import hookimpl
from penstock.model import RecognizedDocument
from penstock.outputs import Outputs
from penstock.transcriptions.alto_writer import alto_page
from penstock.transcriptions.losses import Losses


@dataclass(eq=False)
class Alto:
    """ALTO 4.4, as libraries, eScriptorium and kraken read it: one file for each page.

    Parameters
    ----------
    path
        Name template of the output; the page number is added for documents of several pages.
    """

    is_stateless: ClassVar[bool] = True

    path: str = "{document}.alto.xml"

    @hookimpl
    def write(self, document: RecognizedDocument, outputs: Outputs) -> None:
        """Write a file for each page, and report what ALTO cannot hold. Raises OSError."""
        losses = Losses("ALTO")
        for page in losses.noted(document.pages):
            with outputs.open(self.path, page=page.page, mode="wb") as file:
                file.write(alto_page(page))
        for problem in losses.problems(document.name):
            outputs.warn(problem)
