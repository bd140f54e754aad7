"""Remove invisible text from a PDF's page: the text layer of an earlier recognition."""

from __future__ import annotations

import pikepdf
from pikepdf import Name, Operator

INVISIBLE = 3
"""The text rendering mode that paints nothing (ISO 32000-1, table 106)."""
SHOWS = frozenset({"Tj", "TJ", "'", '"'})
SHOWS_ON_NEXT_LINE = frozenset({"'", '"'})
MAX_FORM_DEPTH = 8


def remove_invisible_text(pdf: pikepdf.Pdf, page: pikepdf.Page) -> bool:
    """Remove the text with rendering mode 3 from a page and its forms, and return whether there was any.

    Raises pikepdf.PdfError, and leaves the page unchanged, if its content cannot be parsed.
    """
    content, removed = _without(page)
    if removed:
        page.obj[Name.Contents] = pdf.make_stream(content)
    return _remove_from_forms(page.obj.get("/Resources"), MAX_FORM_DEPTH) or removed


def _remove_from_forms(resources: pikepdf.Object | None, depth: int) -> bool:
    """Remove invisible text from the forms in a page's or form's resources."""
    removed = False
    drawn = resources.get("/XObject") if isinstance(resources, pikepdf.Dictionary) else None
    for form in drawn.values() if isinstance(drawn, pikepdf.Dictionary) else ():
        if not isinstance(form, pikepdf.Stream) or form.get("/Subtype") != Name.Form:
            continue
        content, found = _without(form)
        if found:
            form.write(content)
        inner = form.get("/Resources")
        below = depth > 0 and inner is not None and _remove_from_forms(inner, depth - 1)
        removed = removed or found or below
    return removed


def _without(holder: pikepdf.Page | pikepdf.Stream) -> tuple[bytes, bool]:
    """Return the content without the operators that show invisible text, and whether there were any."""
    kept: list[tuple[list[pikepdf.Object], Operator]] = []
    mode, outer, removed = 0, [], False
    for instruction in pikepdf.parse_content_stream(holder):
        if isinstance(instruction, pikepdf.ContentStreamInlineImage):
            kept.append(instruction)  # type: ignore[arg-type]
            continue
        name = str(instruction.operator)
        if name == "q":
            outer.append(mode)
        elif name == "Q" and outer:
            mode = outer.pop()
        elif name == "Tr" and instruction.operands:
            mode = int(instruction.operands[0])
        if name in SHOWS and mode == INVISIBLE:
            removed = True
            if name in SHOWS_ON_NEXT_LINE:
                kept.append(([], Operator("T*")))
            continue
        kept.append((list(instruction.operands), instruction.operator))
    return (pikepdf.unparse_content_stream(kept) if removed else b""), removed
