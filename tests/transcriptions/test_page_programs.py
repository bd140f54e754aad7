"""PAGE XML files as programs wrote them."""

from __future__ import annotations

from pathlib import Path

import pytest

from penstock.model import Recognition
from penstock.transcriptions.reading import read_transcription

DATA = Path(__file__).parents[1] / "data" / "page"


def read(name: str) -> Recognition:
    (page,) = read_transcription(DATA / name)
    return page.recognition


def test_calfa_writes_chinese_in_columns() -> None:
    found = read("calfa-zhibuzu.page.xml")
    assert len(found.lines) == 18
    columns = [line for line in found.lines if len(line.text) > 5]
    assert all(line.direction == "ttb" and line.quad.angle == 0 for line in columns)
    # One of the baselines is drawn upwards.
    assert all(line.baseline[0][1] < line.baseline[-1][1] for line in columns)
    rights = [line.quad.bounds[2] for line in columns if line.region == 1]
    assert rights == sorted(rights, reverse=True)
    assert {region.kind for region in found.regions} >= {"MainText_Right", "Marginalia_Metadata"}


def test_larex_writes_ground_truth_and_readings() -> None:
    found = read("larex-indexed.page.xml")
    assert len(found.lines) == 35
    assert any(line.alternatives for line in found.lines)
    assert [line.region for line in found.lines] == sorted(line.region or 0 for line in found.lines)


def test_nw_page_editor_writes_baselines() -> None:
    found = read("nw-page-editor.page.xml")
    assert found.lines[0].text == "Lorem ipsum"
    assert found.lines[0].baseline == ((430, 92), (743, 92))
    assert [word.text for word in found.lines[0].words] == ["Lorem", "ipsum"]


def test_escriptorium_writes_regions_off_the_page() -> None:
    (page,) = read_transcription(DATA / "escriptorium-export.page.xml")
    assert [line.text for line in page.recognition.lines][-1] == "Another beautiful signature"
    assert [region.kind for region in page.recognition.regions] == ["title", "body", "signature"]
    # The first region has two points: the corners of a box.
    assert page.recognition.regions[0].polygon == ((190, 25), (510, 25), (510, 65), (190, 65))
    assert page.problems == ("1 line has a place outside the page: 'Another beautiful signature'",)


@pytest.mark.parametrize("path", sorted(DATA.glob("*.page.xml")), ids=lambda path: path.name)
def test_words_agree_with_the_text_of_their_lines(path: Path) -> None:
    for line in read(path.name).lines:
        assert "".join(line.text.split()) == "".join(word.text for word in line.words)
