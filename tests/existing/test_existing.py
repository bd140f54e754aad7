"""The recognizer `existing`: results, sizes, and the run."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest

from existing_pages import answer
from penstock.config import check
from penstock.engine.survey import survey
from penstock.errors import PageRefused
from penstock.model import Homography, Page
from penstock.pipeline import Pipeline
from penstock_plugins.recognizers.existing import Existing
from pipelines import double, tables

PLUGIN = {"plugin": "existing"}


def bounds(recognition):
    return [pytest.approx(word.quad.bounds, abs=1.5) for line in recognition.lines for word in line.words]


@pytest.mark.parametrize("scale", [1.0, 0.5, 3.0])
def test_places_are_scaled_to_the_picture(scan, alto, scale):
    page = scan("a.png")
    alto("a.xml", page, scale=scale)
    words = [word.quad.bounds for line in answer(Existing(), page).lines for word in line.words]
    assert words == bounds(page.recognition)


def test_another_shape_is_refused_with_both_sizes(scan, alto):
    page = scan("a.png")
    alto("a.xml", scan("b.png", "one", "two", "three", "four"))
    with pytest.raises(PageRefused, match=r"a\.xml: .*900 x 400 .* 900 x 260 pixels") as raised:
        answer(Existing(), page)
    assert "uncropped" in raised.value.hint


@pytest.mark.parametrize("orientation", [5, 6, 7, 8])
@pytest.mark.parametrize("is_stored", [True, False])
def test_the_size_tells_whether_the_stored_picture_was_transcribed(scan, alto, orientation, is_stored):
    page = scan("a.jpg", orientation=orientation)
    made_from = page
    if is_stored:
        size = {"width": page.page.height, "height": page.page.width}
        to_stored = Homography(_STORED[orientation](page.page.width, page.page.height))
        made_from = replace(
            page, page=replace(page.page, **size), recognition=page.recognition.mapped(to_stored)
        )
    alto("a.xml", made_from)
    words = [word.quad.bounds for line in answer(Existing(), page).lines for word in line.words]
    assert words == bounds(page.recognition)


# Upright pixels to stored ones, by EXIF orientation: the inverse of what a viewer does.
_STORED = {
    5: lambda _w, _h: ((0.0, 1.0, 0.0), (1.0, 0.0, 0.0), (0.0, 0.0, 1.0)),
    6: lambda w, _h: ((0.0, 1.0, 0.0), (-1.0, 0.0, float(w)), (0.0, 0.0, 1.0)),
    7: lambda w, h: ((0.0, -1.0, float(h)), (-1.0, 0.0, float(w)), (0.0, 0.0, 1.0)),
    8: lambda _w, h: ((0.0, -1.0, float(h)), (1.0, 0.0, 0.0), (0.0, 0.0, 1.0)),
}


def test_a_transformed_page_gets_the_text_of_the_original(scan, alto):
    page = scan("a.png")
    alto("a.xml", page)
    cropped = replace(page.page, to_page=Homography(((2.0, 0.0, 30.0), (0.0, 2.0, 10.0), (0.0, 0.0, 1.0))))
    recognition = Existing().submit(cropped, page.page, _document(page.page))
    assert [
        word.quad.bounds for line in recognition.mapped(cropped.to_page).lines for word in line.words
    ] == bounds(page.recognition)


def _document(page: Page):
    from penstock.model import Document

    return Document("a", page.origin, [])


@pytest.fixture
def two_pages(scan, alto, tmp_path):
    """Return a pipeline with two pictures, of which one has a transcription."""
    alto("a.xml", scan("a.png", "from the file"))
    scan("b.png")
    made = tables([tmp_path / "a.png", tmp_path / "b.png"])
    made["recognizers"] = [PLUGIN]
    return made


def text_of(folder, name):
    return (folder / "out" / f"{name}.txt").read_text()


def test_it_answers_what_it_has_before_another_recognizer(run_tables, two_pages, tmp_path):
    two_pages["recognizers"].append({"plugin": double("scripted:Scripted")})
    report = run_tables(two_pages)
    assert (report.pages_read, report.pages_billed) == (2, 1)
    assert (text_of(tmp_path, "a"), text_of(tmp_path, "b")) == ("from the file\n", "b read\n")


def test_a_run_and_a_check_report_pages_without_a_file(run_tables, two_pages, tmp_path):
    (problem,) = run_tables(two_pages).failures
    assert problem.why == f"has no transcription: there is no b.xml, .hocr or .json in {tmp_path}"
    found = survey(Pipeline(check(two_pages, tmp_path, where="test", name="test")))
    assert [failure.why for failure in found.failures] == [problem.why]


@pytest.mark.parametrize("content", ["<alto", "", '{"analyzeResult": []}', "plain"])
def test_an_invalid_file_fails_its_page_until_it_is_mended(run_tables, two_pages, tmp_path, content):
    two_pages["recognizers"].append({"plugin": double("scripted:Scripted"), "script": {"a": ["read"]}})
    good = (tmp_path / "a.xml").read_text()
    two_pages["recognizers"][0] = PLUGIN | {"files": str(tmp_path / "{beside}/{picture}.xml")}
    (tmp_path / "a.xml").write_text(content)
    report = run_tables(two_pages)
    assert [str(tmp_path / "a.xml") in failure.why for failure in report.failures] == [True]
    (tmp_path / "a.xml").write_text(good)
    assert run_tables(two_pages).pages_read == 1
    assert text_of(tmp_path, "a") == "from the file\n"


def test_outputs_of_penstock_are_no_transcriptions(run_tables, two_pages, tmp_path):
    two_pages["recognizers"].append({"plugin": double("scripted:Scripted")})
    names = {"json": "{document}.json", "hocr": "{document}.hocr", "alto": "{document}.alto.xml"}
    two_pages["sinks"] = [{"plugin": kind, "path": path} for kind, path in names.items()]
    run_tables(two_pages)
    report = run_tables(two_pages)
    assert (report.pages_known, report.documents_unchanged, report.failures) == (2, 2, ())
    assert json.loads((tmp_path / "b.json").read_text())["pages"][0]["lines"][0]["text"] == "b read"
