"""The ``text`` sink: plain text."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from penstock.hookspecs import hookimpl
from penstock.model import MissingPage, RecognizedDocument
from penstock.outputs import Outputs

PAGE_BREAK = "\f"


@dataclass(eq=False)
class Text:
    """Plain text in UTF-8: one line for each recognized line, a form feed between pages.

    Parameters
    ----------
    path
        Name template of the output.
    """

    is_stateless: ClassVar[bool] = True

    path: str = "{document}.txt"

    @hookimpl
    def write(self, document: RecognizedDocument, outputs: Outputs) -> None:
        """Write the lines of all pages in reading order. Raises OSError.

        A missing page is a line in square brackets.
        """
        with outputs.open(self.path) as file:
            for index, page in enumerate(document.all_pages()):
                file.write(PAGE_BREAK if index else "")
                if isinstance(page, MissingPage):
                    file.write(f"[page {page.number} is missing: {page.why}]\n")
                    continue
                file.writelines(line.text + "\n" for line in page.recognition.lines)
