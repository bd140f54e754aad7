"""The ``html`` sink: one self-contained page of pictures and text."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from penstock.hookspecs import hookimpl
from penstock.model import RecognizedDocument
from penstock.outputs import Outputs

SMALLEST_SIDE = 100


@dataclass(eq=False)
class Html:
    """One HTML file of a document: each picture with its words in place, and its text beside it.

    The file needs no other file, no network and no scripts. Words can be selected and found on their ink.
    Doubtful words are outlined and marked. Pictures are embedded as JPEG, so that a page of a letter takes
    some 300 KB.

    Parameters
    ----------
    path
        Name template of the output.
    title
        Title of the page; if empty, the document's name.
    longest_side
        Of each picture, in pixels; larger ones are scaled down.
    """

    is_stateless: ClassVar[bool] = True

    path: str = "{document}.html"
    title: str = ""
    longest_side: int = 1600

    def __post_init__(self) -> None:
        if self.longest_side < SMALLEST_SIDE:
            raise ValueError(f"longest_side must be at least {SMALLEST_SIDE}, got {self.longest_side}")

    @hookimpl
    def write(self, document: RecognizedDocument, outputs: Outputs) -> None:
        """Write all pages, one after the other. Raises OSError, and PictureError for an unreadable picture.

        A missing page becomes a section that says why it is missing.
        """
        from penstock.render.html_page import html_document

        with outputs.open(self.path) as file:
            file.writelines(
                html_document(
                    document.all_pages(), title=self.title or document.name, longest_side=self.longest_side
                )
            )
