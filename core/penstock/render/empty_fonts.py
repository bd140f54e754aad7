"""Embed a program of empty glyphs into fonts that only ever show invisible text.

Scanners and other OCR programs write text layers in fonts that they do not embed. No reader paints that text,
so the shapes of its glyphs do not matter; its characters and their widths do, and stay as they are.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import pikepdf
from pikepdf import Array, Dictionary, Name, Stream

from penstock.render.invisible_text import INVISIBLE, MAX_FORM_DEPTH, SHOWS
from penstock.render.to_unicode import to_unicode
from penstock.render.truetype import ASCENT, DESCENT, MAX_WIDTH, invisible_truetype

CHANGED = tuple(
    Name(f"/{key}")
    for key in ("Subtype", "Encoding", "FontDescriptor", "FirstChar", "LastChar", "Widths", "ToUnicode")
)
"""The entries of a font that `embed` may change."""
SIMPLE = (Name.Type1, Name.TrueType)
PROGRAMS = (Name.FontFile, Name.FontFile2, Name.FontFile3)
CODES = 256
SYMBOLIC, NONSYMBOLIC = 4, 32
"""Flags of font descriptors (ISO 32000-1, table 123)."""

ObjGen = tuple[int, int]


def fonts_to_embed(pdf: pikepdf.Pdf) -> list[Dictionary]:
    """Return the simple fonts without a program whose text is never painted, and whose widths are known.

    Empty if the content of a page or form cannot be parsed.
    """
    _make_fonts_indirect(pdf)
    lacking = [each for each in pdf.objects if isinstance(each, Dictionary) and _lacks_program(each)]
    fonts = [each for each in lacking if _widths(each) is not None]
    if not fonts:
        return []
    painting = _Painting()
    try:
        for page in pdf.pages:
            painting.walk(page, page.obj.get(Name.Resources), 0, MAX_FORM_DEPTH)
    except (pikepdf.PdfError, ValueError, TypeError):
        return []
    # Whatever the pages do not draw themselves, such as annotations and patterns, may paint its text.
    others = (each for each in pdf.objects if isinstance(each, Stream) and each.objgen not in painting.walked)
    painted = painting.painted.union(*(map(_key, _fonts_of(each.get(Name.Resources))) for each in others))
    return [font for font in fonts if _key(font) not in painted]


def embed(pdf: pikepdf.Pdf, font: Dictionary) -> None:
    """Give a font of `fonts_to_embed` a program with an empty glyph for each of its codes."""
    widths = _widths(font) or [0] * CODES
    if Name.ToUnicode not in font:
        font.ToUnicode = pdf.make_stream(to_unicode(_characters(font), code_size=1))
    different = sorted(set(widths))
    glyphs = [different.index(width) + 1 for width in widths]
    program = invisible_truetype(different, visible=False, glyph_of_code=glyphs)
    old = font.get(Name.FontDescriptor, Dictionary())
    flags = old.get(Name.Flags, 0) if isinstance(old, Dictionary) else 0
    font.FontDescriptor = pdf.make_indirect(
        Dictionary(
            Type=Name.FontDescriptor,
            FontName=font.BaseFont,
            Flags=(int(flags) & ~NONSYMBOLIC) | SYMBOLIC,
            FontBBox=[0, DESCENT, max(widths), ASCENT],
            ItalicAngle=0,
            Ascent=ASCENT,
            Descent=DESCENT,
            CapHeight=700,
            StemV=80,
            FontFile2=pdf.make_stream(program, Length1=len(program)),
        )
    )
    font.Subtype, font.FirstChar, font.LastChar, font.Widths = Name.TrueType, 0, CODES - 1, Array(widths)
    if Name.Encoding in font:
        del font[Name.Encoding]


def _make_fonts_indirect(pdf: pikepdf.Pdf) -> None:
    """Give fonts that stand directly in resources an object of their own, by which they are known."""
    holders = [page.obj for page in pdf.pages] + [each for each in pdf.objects if isinstance(each, Stream)]
    for holder in holders:
        resources = holder.get(Name.Resources)
        fonts = resources.get(Name.Font) if isinstance(resources, Dictionary) else None
        if not isinstance(fonts, Dictionary):
            continue
        for name, font in list(fonts.items()):
            if isinstance(font, Dictionary) and not font.is_indirect:
                fonts[name] = pdf.make_indirect(font)


class _Painting:
    """Finds the fonts with which pages and their forms paint text."""

    def __init__(self) -> None:
        self.painted: set[ObjGen] = set()
        self.walked: set[ObjGen] = set()

    def walk(
        self,
        holder: pikepdf.Page | Stream,
        resources: object,
        mode: int,
        depth: int,
        font: object = None,
    ) -> None:
        """Follow the content of a page or form that starts in a text rendering mode and with a font."""
        outer: list[tuple[int, object]] = []
        for instruction in pikepdf.parse_content_stream(holder):
            name, operands = str(instruction.operator), instruction.operands
            if name == "q":
                outer.append((mode, font))
            elif name == "Q" and outer:
                mode, font = outer.pop()
            elif name == "Tr":
                mode = int(operands[0])
            elif name == "Tf":
                font = _resource(resources, Name.Font, operands[0])
            elif name == "gs":
                font = _font_of_state(_resource(resources, Name.ExtGState, operands[0]), font)
            elif name in SHOWS and mode != INVISIBLE:
                self.painted.add(_key(font))
            elif name == "Do":
                form = _resource(resources, Name.XObject, operands[0])
                if isinstance(form, Stream) and form.get(Name.Subtype) == Name.Form and depth:
                    self.walked.add(form.objgen)
                    self.walk(form, form.get(Name.Resources, resources), mode, depth - 1, font)


def _resource(resources: object, kind: Name, name: object) -> object:
    named = resources.get(kind) if isinstance(resources, Dictionary) else None
    return named.get(name) if isinstance(named, Dictionary) and isinstance(name, Name) else None


def _font_of_state(state: object, font: object) -> object:
    chosen = state.get(Name.Font) if isinstance(state, Dictionary) else None
    return chosen[0] if isinstance(chosen, Array) and len(chosen) else font


def _fonts_of(resources: object) -> Iterator[object]:
    fonts = resources.get(Name.Font) if isinstance(resources, Dictionary) else None
    yield from fonts.values() if isinstance(fonts, Dictionary) else ()


def _key(font: object) -> ObjGen:
    return font.objgen if isinstance(font, Dictionary) else (0, 0)


def _lacks_program(each: Dictionary) -> bool:
    if isinstance(each, Stream) or each.get(Name.Subtype) not in SIMPLE:
        return False
    descriptor = each.get(Name.FontDescriptor)
    is_embedded = isinstance(descriptor, Dictionary) and any(key in descriptor for key in PROGRAMS)
    return not is_embedded and isinstance(each.get(Name.BaseFont), Name)


def _widths(font: Dictionary) -> list[int] | None:
    """Return the width of each code, in thousandths of the type size; None if it is not known."""
    given, first = font.get(Name.Widths), font.get(Name.FirstChar, 0)
    if isinstance(given, Array) and isinstance(first, int) and 0 <= first < CODES:
        try:
            known = [min(max(round(float(width)), 0), MAX_WIDTH) for width in given]
        except (TypeError, ValueError):
            return None
        return [*[0] * first, *known, *[0] * CODES][:CODES]
    from reportlab.pdfbase._fontdata import widthsByFontGlyph

    metrics: Mapping[str, int] | None = widthsByFontGlyph.get(str(font.BaseFont)[1:])
    return None if metrics is None else [metrics.get(name or "", 0) for name in _glyph_names(font)]


def _glyph_names(font: Dictionary) -> list[str | None]:
    """Return the name of the glyph of each code (ISO 32000-1, 9.6.6)."""
    from reportlab.pdfbase._fontdata import encodings

    encoding = font.get(Name.Encoding)
    base = encoding.get(Name.BaseEncoding) if isinstance(encoding, Dictionary) else encoding
    own = {"/Symbol": "SymbolEncoding", "/ZapfDingbats": "ZapfDingbatsEncoding"}
    standard = own.get(str(font.BaseFont), "StandardEncoding")
    names: list[str | None] = list(encodings.get(str(base)[1:] if isinstance(base, Name) else standard) or [])
    names = [*names, *[None] * CODES][:CODES]
    differences: Any = encoding.get(Name.Differences) if isinstance(encoding, Dictionary) else None
    code = 0
    for each in differences if isinstance(differences, Array) else ():
        if isinstance(each, Name):
            if code < CODES:
                names[code] = str(each)[1:]
            code += 1
        else:
            code = int(each)
    return names


def _characters(font: Dictionary) -> dict[int, str]:
    from reportlab.pdfbase._glyphlist import _glyphname2unicode

    found = ((code, _glyphname2unicode.get(name)) for code, name in enumerate(_glyph_names(font)))
    return {code: chr(character) for code, character in found if isinstance(character, int)}
