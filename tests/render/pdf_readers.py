"""Extract lines, and words with their places, with independent PDF readers.

Places are boxes (left, top, right, bottom) in points from the page's top left corner.
"""

from __future__ import annotations

import html
import json
import os
import re
import shutil
import subprocess
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

Box = tuple[float, float, float, float]


@dataclass
class Found:
    """The lines and words that a reader finds on a page."""

    lines: list[str]
    words: list[tuple[str, Box]]


def union(boxes: list[Box]) -> Box:
    lefts, tops, rights, bottoms = zip(*boxes, strict=True)
    return (min(lefts), min(tops), max(rights), max(bottoms))


def grouped(characters: list[tuple[str, Box | None]]) -> list[tuple[str, Box]]:
    """Return the words between spaces with the bounds of their characters."""
    words, text, boxes = [], "", []
    for character, box in [*characters, (" ", None)]:
        if character.isspace() or box is None:
            if text:
                words.append((text, union(boxes)))
            text, boxes = "", []
        else:
            text += character
            boxes.append(box)
    return words


def pdfium(path: Path) -> list[Found]:
    import pypdfium2

    found = []
    with pypdfium2.PdfDocument(path) as document:
        for page in document:
            height = page.get_height()
            text = page.get_textpage()
            characters: list[tuple[str, Box | None]] = []
            index = 0
            while index < text.count_chars():
                code = pypdfium2.raw.FPDFText_GetUnicode(text, index)
                left, bottom, right, top = text.get_charbox(index)
                if 0xD800 <= code < 0xDC00:
                    low = pypdfium2.raw.FPDFText_GetUnicode(text, index + 1)
                    code = 0x10000 + ((code - 0xD800) << 10) + (low - 0xDC00)
                    index += 1
                index += 1
                characters.append((chr(code), (left, height - top, right, height - bottom)))
            found.append(Found(text.get_text_range().splitlines(), grouped(characters)))
            text.close()
            page.close()
    return found


def pdfminer(path: Path) -> list[Found]:
    from pdfminer.high_level import extract_pages
    from pdfminer.layout import LTChar, LTTextContainer, LTTextLine

    found = []
    for page in extract_pages(path):
        result = Found([], [])
        boxes = [item for item in page if isinstance(item, LTTextContainer)]
        for line in (line for box in boxes for line in box if isinstance(line, LTTextLine)):
            result.lines.append(line.get_text())
            result.words += grouped(
                [
                    (
                        item.get_text(),
                        (item.x0, page.height - item.y1, item.x1, page.height - item.y0)
                        if isinstance(item, LTChar)
                        else None,
                    )
                    for item in line
                ]
            )
        found.append(result)
    return found


def poppler(path: Path) -> list[Found]:
    def run(*options: str) -> str:
        command = ["pdftotext", *options, str(path), "-"]
        return subprocess.run(command, capture_output=True, check=True).stdout.decode()

    texts = run().split("\f")
    pages = re.split("<page ", run("-bbox"))[1:]
    pattern = re.compile(r'<word xMin="(.*?)" yMin="(.*?)" xMax="(.*?)" yMax="(.*?)">(.*?)</word>')
    return [
        Found(
            text.splitlines(),
            [
                (html.unescape(word), (float(left), float(top), float(right), float(bottom)))
                for left, top, right, bottom, word in pattern.findall(page)
            ],
        )
        for text, page in zip(texts, pages, strict=False)
    ]


PDFJS = os.environ.get("PENSTOCK_PDFJS", "")
"""A folder with ``node_modules/pdfjs-dist``."""


def _helvetica() -> str:
    from reportlab.pdfbase.pdfmetrics import stringWidth

    latin = "".join(map(chr, [*range(32, 127), *range(160, 384)]))
    return json.dumps({character: stringWidth(character, "Helvetica", 1000) for character in latin})


def pdfjs(path: Path) -> list[Found]:
    script = Path(__file__).with_name("read_with_pdfjs.mjs")
    command = ["node", str(script), str(Path(PDFJS) / "node_modules/pdfjs-dist"), str(path), _helvetica()]
    pages = json.loads(subprocess.run(command, capture_output=True, check=True).stdout)
    return [Found(page["lines"], [(word, tuple(box)) for word, box in page["words"]]) for page in pages]


Reader = Callable[[Path], list[Found]]


def installed_readers() -> dict[str, Reader]:
    readers: dict[str, Reader] = {"pdfium": pdfium, "pdfminer": pdfminer}
    if shutil.which("pdftotext"):
        readers["poppler"] = poppler
    if PDFJS and shutil.which("node"):
        readers["pdf.js"] = pdfjs
    return readers
