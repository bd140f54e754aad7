"""Remove text that a reader does not see from a PDF's page: the text layer of an earlier recognition."""

from __future__ import annotations

from collections.abc import Sequence

import pikepdf
from pikepdf import Array, Name, Operator

from penstock.pdf.concealed_text import ConcealedText
from penstock.render.corrected_words import TAG

INVISIBLE = 3
"""The text rendering mode that paints nothing (ISO 32000-1, table 106)."""
SHOWS = frozenset({"Tj", "TJ", "'", '"'})
SHOWS_ON_NEXT_LINE = frozenset({"'", '"'})
MAX_FORM_DEPTH = 8
MARK = Name("/" + TAG.decode())


Instruction = pikepdf.ContentStreamInstruction | pikepdf.ContentStreamInlineImage


def remove_invisible_text(pdf: pikepdf.Pdf, page: pikepdf.Page, concealed: ConcealedText) -> bool:
    """Remove the text with rendering mode 3, and concealed text, from a page and its forms.

    Returns whether there was any. Raises pikepdf.PdfError, and leaves the page unchanged, if its content
    cannot be parsed.
    """
    content, removed = _without(page, concealed.of_page)
    if removed:
        page.obj[Name.Contents] = pdf.make_stream(content)
    return _remove_from_forms(page.obj.get("/Resources"), concealed, MAX_FORM_DEPTH) or removed


def _remove_from_forms(resources: pikepdf.Object | None, concealed: ConcealedText, depth: int) -> bool:
    """Remove such text from the forms in a page's or form's resources."""
    removed = False
    drawn = resources.get("/XObject") if isinstance(resources, pikepdf.Dictionary) else None
    for form in drawn.values() if isinstance(drawn, pikepdf.Dictionary) else ():
        if not isinstance(form, pikepdf.Stream) or form.get("/Subtype") != Name.Form:
            continue
        content, found = _without(form, (concealed.in_forms,))
        if found:
            form.write(content)
        inner = form.get("/Resources")
        below = depth > 0 and inner is not None and _remove_from_forms(inner, concealed, depth - 1)
        removed = removed or found or below
    return removed


def _without(holder: pikepdf.Page | pikepdf.Stream, concealed: Sequence[bool]) -> tuple[bytes, bool]:
    """Return the content without the operators that show invisible text, and whether there were any."""
    instructions: list[Instruction] = list(pikepdf.parse_content_stream(holder))
    is_concealed = iter(_for_each_text(instructions, concealed))
    kept: list[Instruction | tuple[list[pikepdf.Object], Operator]] = []
    mode, outer, removed = 0, [], False
    for instruction in instructions:
        name = str(instruction.operator)
        if name == "q":
            outer.append(mode)
        elif name == "Q" and outer:
            mode = outer.pop()
        elif name == "Tr" and instruction.operands:
            mode = int(instruction.operands[0])
        if _shows_text(instruction) and (next(is_concealed) or mode == INVISIBLE):
            removed = True
            if name in SHOWS_ON_NEXT_LINE:
                kept.append(([], Operator("T*")))
        elif name != "DP" or instruction.operands[:1] != [MARK]:  # a mark names a word of the earlier layer
            kept.append(instruction)
    return (pikepdf.unparse_content_stream(kept) if removed else b""), removed


def _for_each_text(instructions: Sequence[Instruction], concealed: Sequence[bool]) -> Sequence[bool]:
    """Return for each operator that shows text whether the text is concealed.

    If PDFium found another number of texts, only the removal of all or none is safe.
    """
    count = sum(map(_shows_text, instructions))
    if count == len(concealed):
        return concealed
    return [bool(concealed) and all(concealed)] * count


def _shows_text(instruction: Instruction) -> bool:
    """Return whether an operator shows at least one character."""
    if str(instruction.operator) not in SHOWS or not instruction.operands:
        return False
    shown = instruction.operands[-1]
    parts = list(shown) if isinstance(shown, Array) else [shown]
    return any(isinstance(part, pikepdf.String) and bytes(part) for part in parts)
