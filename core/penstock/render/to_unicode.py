"""The map from a font's codes to characters, by which readers extract text (ISO 32000-1, 9.10.3)."""

from __future__ import annotations

from collections.abc import Mapping

MOST_ROWS = 100
"""Rows that one block of a map may have."""


def to_unicode(characters: Mapping[int, str], code_size: int) -> bytes:
    """Return a ToUnicode map for codes of so many bytes, in the order of the codes."""
    digits = 2 * code_size
    rows = [
        b"<%0*X> <%b>\n" % (digits, code, character.encode("utf-16-be").hex().upper().encode())
        for code, character in sorted(characters.items())
    ]
    blocks = (rows[start : start + MOST_ROWS] for start in range(0, len(rows), MOST_ROWS))
    return (
        b"/CIDInit /ProcSet findresource begin\n12 dict begin\nbegincmap\n"
        b"/CIDSystemInfo <</Registry (Adobe) /Ordering (UCS) /Supplement 0>> def\n"
        b"/CMapName /Adobe-Identity-UCS def\n/CMapType 2 def\n"
        + b"1 begincodespacerange\n<%b> <%b>\nendcodespacerange\n" % (b"0" * digits, b"F" * digits)
        + b"".join(b"%d beginbfchar\n%bendbfchar\n" % (len(block), b"".join(block)) for block in blocks)
        + b"endcmap\nCMapName currentdict /CMap defineresource pop\nend\nend\n"
    )
