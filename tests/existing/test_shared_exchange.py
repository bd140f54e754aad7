"""Files of many programs with their pictures: every line is found in the PDF, and lies on its ink."""

from __future__ import annotations

import json
import re
import unicodedata
from pathlib import Path

import pypdfium2 as pdfium
import pytest

from conftest import SHARED_SCANS
from pipelines import tables

EXCHANGE = SHARED_SCANS.with_name("exchange")
PICTURE = re.compile(r"[\w.-]+\.(?:jpg|png|tif)")
LIGATURES = re.compile("[\ufb00-\ufb04]")
HYPHENS = "-\N{NOT SIGN}\N{SOFT HYPHEN}\N{DOUBLE OBLIQUE HYPHEN}="
"""Marks of divided words. PDFium joins the parts of a word that is divided at the end of a line."""


def pairs() -> list[tuple[Path, Path]]:
    """Return the files with text and their pictures, as the index lists them."""
    if not EXCHANGE.is_dir():
        return []
    rows = [row.split("|") for row in (EXCHANGE / "INDEX.md").read_text().splitlines() if row.count("|") > 8]
    found = []
    for row in rows:
        file = EXCHANGE / row[1].strip()
        named = [EXCHANGE / name for name in PICTURE.findall(row[6])]
        alike = [file.with_suffix(suffix) for suffix in (".jpg", ".png", ".tif")]
        picture = next((each for each in (*named, *alike) if each.is_file()), None)
        if file.is_file() and picture:
            found.append((file, picture))
    return found


def searched(text: str) -> str:
    """Return a line as PDFium searches it: with letters for ligatures, without a hyphen at its end."""
    letters = LIGATURES.sub(lambda match: unicodedata.normalize("NFKC", match[0]), text)
    letters = unicodedata.normalize("NFC", letters)
    return " ".join(letters.split()).rstrip(HYPHENS).rstrip()


@pytest.mark.skipif(not pairs(), reason="needs the shared files")
@pytest.mark.parametrize(("file", "picture"), [pytest.param(*each, id=each[0].name) for each in pairs()])
def test_every_line_is_found_where_its_ink_is(run_tables, tmp_path, file, picture):
    sinks = [{"plugin": kind, "path": f"page.{kind}"} for kind in ("pdf", "json")]
    told = tables([picture], sinks=sinks, recognizers=[{"plugin": "existing", "files": str(file)}])
    assert run_tables(told).failures == ()
    form = json.loads((tmp_path / "page.json").read_text())["pages"][0]
    with pdfium.PdfDocument(tmp_path / "page.pdf") as document:
        page = document[0]
        scale, text = page.get_width() / form["width"], page.get_textpage()
        shares = [share for line in form["lines"] for share in covered(text, line, scale, page.get_height())]
    assert sum(share >= 0.9 for share in shares) >= 0.9 * len(shares)


def covered(text: pdfium.PdfTextPage, line: dict, scale: float, height: float) -> list[float]:
    """Return how much of each word's width the letters cover that a search for the whole line finds."""
    found = list(iter(text.search(searched(line["text"]), match_case=True).get_next, None))
    assert found, line["text"]
    letters = [
        text.get_charbox(start + index, loose=True) for start, count in found for index in range(count)
    ]
    return [_share(letters, word["quad"], scale, height) for word in line["words"]]


def _share(letters: list[tuple[float, ...]], quad: list[list[float]], scale: float, height: float) -> float:
    left, right = (edge(x * scale for x, _ in quad) for edge in (min, max))
    bottom, top = (edge(height - y * scale for _, y in quad) for edge in (min, max))
    inside = [
        (min(right, letter[2]) - max(left, letter[0]), min(top, letter[3]) - max(bottom, letter[1]))
        for letter in letters
    ]
    side = 1 if top - bottom > 1.5 * (right - left) else 0  # along which the word runs
    length = (right - left, top - bottom)[side]
    return sum(each[side] for each in inside if min(each) > 0) / length if length else 1.0
