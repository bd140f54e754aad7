"""The classes of hOCR for pages' parts, and PAGE's terms for them."""

from __future__ import annotations

LINES = frozenset({"ocr_line", "ocrx_line"})
LINES_OR_BLOCKS = {
    "ocr_header": "header",
    "ocr_footer": "footer",
    "ocr_caption": "caption",
    "ocr_pageno": "page-number",
    "ocr_textfloat": "floating",
    "ocr_title": "heading",
    "ocr_author": "heading",
    "ocr_chapter": "heading",
    "ocr_section": "heading",
    "ocr_subsection": "heading",
    "ocr_subsubsection": "heading",
    "ocr_display": "text",
}
"""Classes of lines that are no plain text (Tesseract) or of blocks (ABBYY), and PAGE's terms for them."""
BLOCKS = {
    "ocr_par": "paragraph",
    "ocr_blockquote": "paragraph",
    "ocr_carea": "text",
    "ocrx_block": "text",
    "ocr_column": "text",
    "ocr_abstract": "text",
    "ocr_float": "text",
    "ocr_textimage": "text",
    "ocr_math": "maths",
    "ocr_chem": "chem",
}
CLASSES_WITHOUT_TEXT = {
    "image": "ocr_image",
    "graphic": "ocr_image",
    "line-drawing": "ocr_linedrawing",
    "separator": "ocr_separator",
    "table": "ocr_table",
}
"""Classes of regions without lines, by their kinds, as penstock writes them."""
KINDS_WITHOUT_TEXT = {
    **{name: kind for kind, name in reversed(CLASSES_WITHOUT_TEXT.items())},
    "ocr_photo": "image",
    "ocr_noise": "noise",
}
"""Kinds of regions that are kept without any text, by their classes. The first kind of a class counts."""
