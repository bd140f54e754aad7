"""The ``hocr`` sink: hOCR, the HTML of OCR programs."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from penstock.hookspecs import hookimpl
from penstock.model import RecognizedDocument
from penstock.outputs import Outputs
from penstock.transcriptions.hocr_writer import hocr_document
from penstock.transcriptions.losses import Losses


@dataclass(eq=False)
class Hocr:
    """hOCR 1.2, as OCRmyPDF, gImageReader and hocr-tools read it: one file with all pages of a document.

    Parameters
    ----------
    path
        Name template of the output.
    """

    is_stateless: ClassVar[bool] = True

    path: str = "{document}.hocr"

    @hookimpl
    def write(self, document: RecognizedDocument, outputs: Outputs) -> None:
        """Write all pages, and report what hOCR cannot hold. Raises OSError. Missing pages are left out."""
        losses = Losses("hOCR")
        pages = losses.noted(document.pages)
        with outputs.open(self.path) as file:
            file.writelines(hocr_document(pages, title=document.name, page_count=len(document.pages)))
        for problem in losses.problems(document.name):
            outputs.warn(problem)
