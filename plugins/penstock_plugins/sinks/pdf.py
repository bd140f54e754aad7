"""The ``pdf`` sink: searchable PDFs."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, Literal

from penstock.hookspecs import hookimpl
from penstock.model import Problem, RecognizedDocument
from penstock.outputs import Outputs


@dataclass(eq=False)
class Pdf:
    """Writes each document as a PDF: the unchanged scans under an invisible, searchable text layer.

    Pages of an input PDF keep their content, and the PDF keeps its bookmarks, forms and metadata. A document
    of several files gets a bookmark for each file.

    Parameters
    ----------
    path
        Name template of the output.
    title
        Title in the metadata; if empty, the title of the input PDF or the document's name.
    author
        Author in the metadata.
    language
        Language of the text, a BCP 47 tag such as "en"; if empty, the language that the recognizer reported.
    pdfa
        "auto" writes PDF/A-2b if possible and warns otherwise; true makes it an error if that is not
        possible; false writes plain PDF.
    page_size
        Paper size of pages whose resolution is missing or implausible.
    rotate
        Rotate pages whose text runs mostly sideways or upside down.
    tagged
        Tag each line as a paragraph, for assistive technology.
    strip_metadata
        Leave EXIF (place, time and camera of a photo), XMP and comments out of the pictures. Pages of an
        input PDF keep theirs.
    debug
        Make the text layer visible.
    """

    is_stateless: ClassVar[bool] = True

    path: str = "{document}.pdf"
    title: str = ""
    author: str = ""
    language: str = ""
    pdfa: Literal["auto"] | bool = "auto"
    page_size: Literal["a4", "letter"] = "a4"
    rotate: bool = True
    tagged: bool = True
    strip_metadata: bool = False
    debug: bool = False

    @hookimpl
    def write(self, document: RecognizedDocument, outputs: Outputs) -> None:
        """Write all pages as one PDF, and report its warnings. Raises OSError and PenstockError.

        A missing page becomes a page that says which one is missing, and why.
        """
        from penstock.render import write_searchable_pdf

        with outputs.open(self.path, mode="wb") as file:
            result = write_searchable_pdf(
                document.all_pages(),
                file,
                title=self.title or None,
                fallback_title=document.name,
                author=self.author or None,
                language=self.language or None,
                pdfa=self.pdfa,
                page_size=self.page_size,
                rotate=self.rotate,
                tagged=self.tagged,
                strip_metadata=self.strip_metadata,
                debug=self.debug,
            )
        for warning in result.warnings:
            outputs.warn(Problem(document.name, warning))
