"""The sink for searchable PDFs."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from penstock.hookspecs import hookimpl
from penstock.model import Problem, RecognizedDocument

if TYPE_CHECKING:
    from penstock.outputs import Outputs


@dataclass(eq=False)
class Pdf:
    """Writes each document as a PDF: the scans, untouched, under a text that can be searched.

    Pages that come out of a PDF keep what is on them, and the PDF its bookmarks, forms and metadata.

    Parameters
    ----------
    path
        The file's name.
    title
        What the PDF is called; if it is empty, what it calls itself, or the document's name.
    author
        By whom it is.
    language
        Of the text, a BCP 47 tag such as "en"; what the recognizer said if it is empty.
    pdfa
        "auto" writes PDF/A-2b where that can be had, and warns where not; true makes that an error; false
        does not try.
    page_size
        The paper that pages without a believable resolution are fitted into.
    rotate
        Turn pictures whose text mostly runs another way, so that it stands upright.
    tagged
        Mark every line as a paragraph, for assistive readers.
    debug
        Show where the text stands.
    """

    path: str = "{document}.pdf"
    title: str = ""
    author: str = ""
    language: str = ""
    pdfa: Literal["auto"] | bool = "auto"
    page_size: Literal["a4", "letter"] = "a4"
    rotate: bool = True
    tagged: bool = True
    debug: bool = False

    @hookimpl
    def write(self, document: RecognizedDocument, outputs: Outputs) -> None:
        """Write the document's pages as one PDF."""
        from penstock.render import write_searchable_pdf

        with outputs.open(self.path, mode="wb") as file:
            result = write_searchable_pdf(
                document.pages,
                file,
                title=self.title or None,
                fallback_title=document.name,
                author=self.author or None,
                language=self.language or None,
                pdfa=self.pdfa,
                page_size=self.page_size,
                rotate=self.rotate,
                tagged=self.tagged,
                debug=self.debug,
            )
        for warning in result.warnings:
            outputs.warn(Problem(document.name, warning))
