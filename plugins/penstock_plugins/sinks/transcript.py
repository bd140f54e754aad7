"""The ``transcript`` sink: PDFs to print and read."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, Literal

from penstock.hookspecs import hookimpl
from penstock.model import Problem, RecognizedDocument
from penstock.outputs import Outputs


@dataclass(eq=False)
class Transcript:
    """A PDF to print: the picture of each page, and its text beside or below it.

    Beside its picture, the text stands at the height of its ink as far as there is room. Doubtful words are
    red and underlined; words that were corrected by hand are not. Each page has a bookmark. The fonts are
    those of this machine, and are embedded.

    Parameters
    ----------
    path
        Name template of the output.
    layout
        "beside" writes landscape sheets, "below" upright ones.
    page_size
        Paper size.
    title_page
        Begin with a title page.
    title
        Title on the title page, at the head of each sheet and in the metadata; if empty, the document's name.
    """

    is_stateless: ClassVar[bool] = True

    path: str = "{document}.transcript.pdf"
    layout: Literal["beside", "below"] = "beside"
    page_size: Literal["a4", "letter"] = "a4"
    title_page: bool = False
    title: str = ""

    @hookimpl
    def write(self, document: RecognizedDocument, outputs: Outputs) -> None:
        """Write all pages as one PDF. Raises OSError, and PictureError if a picture cannot be opened.

        A missing page becomes a sheet that says why it is missing. Warns of scripts that no font has.
        """
        from penstock.render.transcript import write_transcript

        with outputs.open(self.path, mode="wb") as file:
            scripts = write_transcript(
                document.all_pages(),
                file,
                title=self.title or document.name,
                title_page=self.title_page,
                layout=self.layout,
                page_size=self.page_size,
            )
        if scripts:
            why = f"the transcript shows characters as code points, such as [4E2A]: no font has {scripts}"
            outputs.warn(Problem(document.name, why, "install a TrueType font for them, and write again"))
