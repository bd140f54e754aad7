"""Write the structure tree for assistive technology (ISO 32000-1, 14.7 and 14.8), a paragraph per line."""

from __future__ import annotations

from penstock.render.pdf_writer import PdfWriter, references


class Structure:
    """Writes each page's elements as pages come, and the root of the tree at the end."""

    def __init__(self, writer: PdfWriter) -> None:
        self._writer = writer
        self._document = writer.reserve()
        self._sections: list[int] = []
        self._parents: list[int] = []

    def add_page(self, page: int, lines: int) -> bytes:
        """Write the elements of a page, and return the entries for its page dictionary.

        Parameters
        ----------
        page
            Object number of the page.
        lines
            Number of marked lines on the page. Their marked-content identifiers count from 0.
        """
        section, parents = self._writer.reserve(), self._writer.reserve()
        elements = [self._writer.reserve() for _ in range(lines)]
        kids = references(elements)
        self._writer.add_packed(
            [
                (section, b"<</S/Sect/P %d 0 R/K[%b]>>" % (self._document, kids)),
                (parents, b"[%b]" % kids),
                *(
                    (element, b"<</S/P/P %d 0 R/Pg %d 0 R/K %d>>" % (section, page, line))
                    for line, element in enumerate(elements)
                ),
            ]
        )
        self._sections.append(section)
        self._parents.append(parents)
        return b"/StructParents %d/Tabs/S" % (len(self._parents) - 1)

    def finish(self) -> bytes:
        """Write the root of the tree, and return the entries for the catalog."""
        parents = b" ".join(b"%d %d 0 R" % (key, number) for key, number in enumerate(self._parents))
        root = self._writer.reserve()
        self._writer.add(
            b"<</S/Document/P %d 0 R/K[%b]>>" % (root, references(self._sections)), self._document
        )
        self._writer.add(
            b"<</Type/StructTreeRoot/K %d 0 R/ParentTree<</Nums[%b]>>/ParentTreeNextKey %d>>"
            % (self._document, parents, len(self._parents)),
            root,
        )
        return b"/MarkInfo<</Marked true>>/StructTreeRoot %d 0 R" % root
