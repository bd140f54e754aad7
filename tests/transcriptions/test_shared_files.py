"""All PAGE and JSON files of a folder beside the repository, where it exists."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml

from penstock.transcriptions.json_reader import read_json
from penstock.transcriptions.page_reader import read_page_xml

SHARED = Path(__file__).parents[3] / "shared"
EXCHANGE = SHARED / "exchange"
AZURE = SHARED / "azure" / "recordings"

RESULTS = {"analyzeResult", "recognitionResults", "recognitionResult", "readResult"}
# Lines that differ from the table, which counts elements, with or without text.
LINES = {
    "page2010-03-regiontypes.xml": 7,  # three lines in two regions with text of their own
    "page2013-regiontypes.xml": 7,
    "page2013-cpas-no-line-text-no-picture.xml": 0,  # no text
    "page2017-larex-avicanon.xml": 81,  # two without text
    "page2017-simplepage.xml": 28,  # regions with text of their own
    "page2018-lorem-ipsum-gt-lines.xml": 7,
    "page2019-sbb-eynollah-marginalia.xml": 0,
    "page2019-szd-llm-no-lines-no-picture.xml": 38,
    "page2019-ulb-rotated-table-orientation90-no-picture.xml": 16,
    "google-vision-invoice.json": 37,  # the table counts paragraphs
}


def listed() -> Iterator[tuple[str, int, int]]:
    """Yield name, lines and words of the files in the folder's table."""
    index = EXCHANGE / "INDEX.md"
    for row in index.read_text("utf-8").splitlines() if index.exists() else ():
        name, counts = row.split("|")[1].strip() if "|" in row else "", re.search(r"(\d+)/(\d+)[^|]*\|$", row)
        if counts and re.match(r"page.*\.xml|.*\.json", name):
            yield name, LINES.get(name, int(counts[1])), int(counts[2])


@pytest.mark.parametrize(("name", "lines", "words"), list(listed()))
def test_every_file_is_read(name: str, lines: int, words: int) -> None:
    read = read_json if name.endswith("json") else read_page_xml
    pages = [page.recognition for page in read(EXCHANGE / name)]
    found = [line for page in pages for line in page.lines]
    assert len(found) == lines
    for line in found:
        assert "".join(line.text.split()) == "".join("".join(word.text.split()) for word in line.words)
    assert sum(len(line.words) for line in found) >= words


def answers(recording: Path) -> Iterator[object]:
    """Yield the finished operations in a recorded conversation."""
    content = recording.read_text("utf-8")
    if recording.suffix == ".yaml":
        # The requests in one of them hold Python objects.
        content = re.sub(r"!!python/\S+", "", content)
        bodies = [one["response"]["body"]["string"] for one in yaml.safe_load(content)["interactions"]]
    else:
        form = json.loads(content)
        entries = form.get("Entries") if isinstance(form, dict) else None
        bodies = [one.get("ResponseBody") for one in entries] if entries is not None else [form]
    for body in bodies:
        parsed = json.loads(body) if isinstance(body, str) and body.startswith("{") else body
        if isinstance(parsed, dict) and RESULTS & set(parsed):
            yield parsed


RECORDINGS = (
    sorted(each for each in AZURE.rglob("*") if each.suffix in (".json", ".yaml")) if AZURE.exists() else []
)


@pytest.mark.parametrize("recording", RECORDINGS, ids=lambda each: each.name)
def test_every_recorded_answer_is_read(recording: Path, tmp_path: Path) -> None:
    for answer in answers(recording):
        path = tmp_path / "answer.json"
        path.write_text(json.dumps(answer), "utf-8")
        for page in read_json(path):
            assert page.problems == ()
            assert all(line.text and line.words for line in page.recognition.lines)
