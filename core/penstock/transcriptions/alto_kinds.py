"""The kinds of ALTO's blocks, and PAGE's terms for them."""

from __future__ import annotations

from penstock.transcriptions.page_terms import REGIONS_WITHOUT_TEXT, TEXT_TYPES

KINDS = {
    "main": "text",
    "mainzone": "text",
    "text": "text",
    "title": "heading",
    "titlepagezone": "heading",
    "runningtitlezone": "header",
    "margin": "marginalia",
    "margintextzone": "marginalia",
    "numbering": "page-number",
    "numberingzone": "page-number",
    "dropcapitalzone": "drop-capital",
    "dropcap": "drop-capital",
    "quiremarkszone": "signature-mark",
    "illustration": "image",
    "graphiczone": "graphic",
    "stampzone": "graphic",
    "sealzone": "graphic",
    "tablezone": "table",
    "formula": "maths",
    "musiczone": "music",
    "advertisement": "advert",
    "damagezone": "noise",
    "digitizationartefactzone": "noise",
} | {kind.lower(): kind for kind in (*TEXT_TYPES, *REGIONS_WITHOUT_TEXT)}
"""Names of block types, in small letters, and PAGE's terms for them: those of PAGE, of eScriptorium, of the
SegmOnto vocabulary and of the French national library."""

ELEMENTS_WITHOUT_TEXT = {
    "image": "Illustration",
    "graphic": "Illustration",
    "line-drawing": "Illustration",
    "chart": "Illustration",
    "map": "Illustration",
    "separator": "GraphicalElement",
}
"""Elements of regions without lines, by their kinds. All other regions are ``TextBlock``."""
KINDS_WITHOUT_TEXT = {name: kind for kind, name in reversed(ELEMENTS_WITHOUT_TEXT.items())}
"""Kinds of regions without lines, by their elements. The first kind of an element counts."""
