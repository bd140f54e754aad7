"""Write a document as one HTML file: each picture with its words in place, and its text beside it."""

from __future__ import annotations

import base64
import io
import re
from collections.abc import Iterable, Iterator
from html import escape
from itertools import groupby

from penstock.images import open_upright
from penstock.model import Line, MissingPage, RecognizedPage, Word
from penstock.model.word_counts import LOW_CONFIDENCE, is_doubtful
from penstock.render.print_words import marked_text
from penstock.render.scripts import natural_width, written

QUALITY = 75
SPARE = 1.1
"""How much wider than usual a browser's font may be, so that a word fits over its ink."""
STRAIGHT = 0.3
"""Degrees; words that are turned less are not turned."""
_NOT_SHOWN = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ufffe\uffff\ud800-\udfff]")
"""Characters that HTML does not allow (HTML, 13.1.4)."""

STYLE = """
:root { color-scheme: light dark; --doubt: light-dark(#b3240b, #ff9c85); --edge: #8886 }
body { font: 1rem/1.5 system-ui, sans-serif; margin: 1rem auto; max-width: 100rem; padding: 0 1rem }
.page { display: grid; grid-template-columns: 1fr 1fr; gap: 0 2rem; margin: 2rem 0; align-items: start }
.page h2 { grid-column: 1 / -1; font-size: 1.1rem; border-bottom: 1px solid var(--edge) }
.scan { position: relative; margin: 0; container-type: inline-size; overflow: hidden }
.scan img { display: block; width: 100%; height: auto }
.scan span { position: absolute; white-space: pre; line-height: 1; color: transparent; overflow: hidden;
  transform-origin: 0 0 }
.scan .doubtful { outline: 2px solid #d8321d; outline-offset: 1px }
.text p { margin: 0; overflow-wrap: anywhere }
mark { background: none; color: var(--doubt); text-decoration: underline dotted }
@media (max-width: 50rem) { .page { grid-template-columns: 1fr } }
@media print { .page { break-after: page; grid-template-columns: 1fr 1fr } body { max-width: none } }
"""
HEAD = """<!DOCTYPE html>
<html{language}><head><meta charset="utf-8"><title>{title}</title>
<meta http-equiv="Content-Security-Policy"
  content="default-src 'none'; style-src 'unsafe-inline'; img-src data:">
<meta name="viewport" content="width=device-width, initial-scale=1">
<style>{style}</style></head><body>
<header><h1 dir="auto">{title}</h1>
<p lang="en"><mark>Marked words</mark> are doubtful: their confidence is below {low:g}, or the recognizer
marks them.</p>
</header><main>
"""


def html_document(
    pages: Iterable[RecognizedPage | MissingPage], *, title: str, longest_side: int
) -> Iterator[str]:
    """Yield the parts of an HTML file, which needs no other file and no network, page by page.

    Parameters
    ----------
    longest_side
        Of each picture, in pixels; larger ones are scaled down.

    Raises
    ------
    PictureError
        A picture is missing or damaged, or has changed since it was found.
    """
    is_first = True
    for page in pages:
        if is_first:
            language = page.recognition.language if isinstance(page, RecognizedPage) else None
            yield HEAD.format(
                title=escape(written(title)), style=STYLE, low=LOW_CONFIDENCE, language=_language(language)
            )
        is_first = False
        if isinstance(page, RecognizedPage):
            yield from _page(page, longest_side)
        else:
            yield f'<section class="page" aria-labelledby="page-{page.number}">'
            yield f'<h2 id="page-{page.number}">Page {page.number} is missing</h2>'
            yield f"<p>{escape(written(page.why))}</p></section>\n"
    yield "</main></body></html>\n"


def _page(recognized: RecognizedPage, longest_side: int) -> Iterator[str]:
    page, name = recognized.page, f"page-{recognized.page.number}"
    yield f'<section class="page" aria-labelledby="{name}"{_language(recognized.recognition.language)}>'
    yield f'<h2 id="{name}" lang="en">Page {page.number}</h2>'
    yield f'<figure class="scan"><img alt="Picture of page {page.number}"'
    yield f' width="{page.width}" height="{page.height}" src="{_data_uri(recognized, longest_side)}">'
    # The words over the ink are there to select and to find; a screen reader reads the text beside them.
    yield '<div aria-hidden="true">'
    for line in recognized.recognition.lines:
        for word in line.words or (Word(line.text, line.quad, line.confidence),):
            yield _word_in_place(word, page.width, page.height)
    yield '</div></figure><div class="text">'
    lines = [line for line in recognized.recognition.lines if line.text.strip()]
    for line in lines:
        yield f'<p dir="auto"{_language(line.language)}>{_marked(line)}</p>\n'
    yield ("" if lines else '<p lang="en">No text was recognized.</p>') + "</div></section>\n"


def _word_in_place(word: Word, width: int, height: int) -> str:
    """Return a word over its ink. Lengths are percentages of the page's width (cqw), which scale with it."""
    text = written(word.text)
    if not text:
        return ""
    (x, y), quad = word.quad.corners[0], word.quad
    long, high = max(quad.width, 1.0), max(quad.height, 1.0)
    size = min(high, long / (SPARE * natural_width(text)))
    place = (
        f"left:{x / width:.3%};top:{y / height:.3%};width:{long / width * 100:.2f}cqw;"
        f"height:{high / width * 100:.2f}cqw;font-size:{size / width * 100:.2f}cqw"
    )
    turn = f";transform:rotate({quad.angle:.1f}deg)" if abs(quad.angle) >= STRAIGHT else ""
    kind = ' class="doubtful"' if is_doubtful(word) else ""
    return f'<span dir="auto"{kind} style="{place}{turn}">{escape(text)} </span>'


def _marked(line: Line) -> str:
    """Return a line's text with its doubtful words marked."""
    text, doubts = marked_text(line)
    parts = []
    for is_low, group in groupby(zip(text, doubts, strict=True), key=lambda pair: pair[1]):
        part = escape(_NOT_SHOWN.sub("", "".join(character for character, _ in group)))
        parts.append(f"<mark>{part}</mark>" if is_low else part)
    return "".join(parts)


def _language(tag: str | None) -> str:
    return f' lang="{escape(tag)}"' if tag else ""


def _data_uri(recognized: RecognizedPage, longest_side: int) -> str:
    buffer = io.BytesIO()
    open_upright(recognized.page, longest_side=longest_side).save(
        buffer, "JPEG", quality=QUALITY, optimize=True
    )
    return "data:image/jpeg;base64," + base64.b64encode(buffer.getvalue()).decode()
