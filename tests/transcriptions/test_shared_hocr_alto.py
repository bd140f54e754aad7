"""All hOCR and ALTO files of a folder beside the repository, where it exists."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from penstock.errors import InvalidTranscription
from penstock.transcriptions.reading import read_transcription

EXCHANGE = Path(__file__).parents[3] / "shared" / "exchange"

# The table counts elements, also those without text.
COUNTS = {
    "hocr-abbyy-finereader-newspaper-no-picture.html": (496, 2727),
    "hocr-broken-entities-no-picture.html": (289, 1526),
    "hocr-broken-html-comment-no-picture.html": (98, 892),  # the table lost a line in the broken comment
    "hocr-gcv2hocr-old-jpn-zero-page-bbox.hocr": (1276, 1276),
    "hocr-kraken-bw.html": (30, 211),  # kraken writes spaces as words
    "hocr-tesseract3.05-hocrjs-426117689.html": (35, 245),
}


def listed() -> Iterator[tuple[str, int, int]]:
    """Yield name, lines and words of the files in the folder's table."""
    index = EXCHANGE / "INDEX.md"
    for row in index.read_text("utf-8").splitlines() if index.exists() else ():
        name = row.split("|")[1].strip() if "|" in row else ""
        counts = re.search(r"(\d+)/(\d+)[^|]*\|$", row)
        if (
            counts
            and re.match(r"(hocr|alto).*\.", name)
            and "no-boxes" not in name
            and "escriptorium-no" not in name
        ):
            yield name, *COUNTS.get(name, (int(counts[1]), int(counts[2])))


@pytest.mark.parametrize(("name", "lines", "words"), list(listed()))
def test_every_file_is_read(name: str, lines: int, words: int) -> None:
    found = [line for page in read_transcription(EXCHANGE / name) for line in page.recognition.lines]
    assert len(found) == lines
    # Words with spaces in them become several.
    assert sum(len(line.words) for line in found) >= words
    for line in found:
        assert "".join(line.text.split()) == "".join("".join(word.text.split()) for word in line.words)


@pytest.mark.skipif(not EXCHANGE.exists(), reason="the folder is not part of the repository")
def test_alto_without_a_layout_is_refused() -> None:
    with pytest.raises(InvalidTranscription, match="has no pages"):
        list(read_transcription(EXCHANGE / "alto4-invalid-escriptorium-no-picture.xml"))
