"""The ``page`` sink: PAGE XML, the format of Transkribus, eScriptorium and OCR-D."""

from __future__ import annotations

import os
from dataclasses import dataclass
from typing import ClassVar

from penstock.hookspecs import hookimpl
from penstock.model import RecognizedDocument
from penstock.outputs import Outputs
from penstock.render.pdfa import time_of_making
from penstock.transcriptions.losses import Losses
from penstock.transcriptions.page_writer import page_xml


@dataclass(eq=False)
class PageXml:
    """PAGE XML 2019-07-15, as Transkribus, eScriptorium and OCR-D read it: one file for each page.

    The time in the metadata is that of the environment variable SOURCE_DATE_EPOCH, or else the time when the
    picture was modified, so that the same page always makes the same file.

    Parameters
    ----------
    path
        Name template of the output; the page number is added for documents of several pages.
    """

    is_stateless: ClassVar[bool] = True

    path: str = "{document}.page.xml"

    @hookimpl
    def write(self, document: RecognizedDocument, outputs: Outputs) -> None:
        """Write a file for each page, and report what PAGE XML cannot hold. Raises OSError."""
        created = time_of_making(os.environ.get("SOURCE_DATE_EPOCH"))
        losses = Losses("PAGE XML")
        for page in losses.noted(document.pages):
            with outputs.open(self.path, page=page.page, mode="wb") as file:
                file.write(page_xml(page, created=created))
        for problem in losses.problems(document.name):
            outputs.warn(problem)
