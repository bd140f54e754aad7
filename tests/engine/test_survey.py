"""The survey counts what the run then does."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from PIL import Image

from penstock.config import check
from penstock.engine import Survey
from penstock.engine.survey import survey
from penstock.pipeline import Pipeline
from pipelines import double, tables


@pytest.fixture
def told(tmp_path):
    """Survey a pipeline over pictures; every page costs 1."""

    def made(paths: list[Path]) -> tuple[Survey, dict]:
        pipeline = tables(paths)
        pipeline["recognizers"][0]["price_per_1000"] = 1000
        return survey(Pipeline(check(pipeline, tmp_path, where="test.toml", name="test"))), pipeline

    return made


def copies(picture: Path, *names: str) -> list[Path]:
    return [picture, *(Path(shutil.copy(picture, picture.with_name(name))) for name in names)]


@pytest.mark.parametrize("has_journal", [False, True])
def test_equal_pictures_are_counted_once(told, run_tables, draw, has_journal):
    if has_journal:
        run_tables(tables([draw("known.png", size=(33, 44))]))
    pictures = [draw("other.png", size=(300, 200)), *copies(draw("a.png"), "b.png", "c.png")]
    found, pipeline = told(pictures)
    report = run_tables(pipeline)
    assert (found.pages, found.to_send, found.known, found.cost) == (4, 2, 2, 2)
    assert (report.pages_found, report.pages_sent, report.pages_known, report.cost) == (4, 2, 2, 2)


def test_different_pictures_of_equal_size_are_all_counted(told, run_tables, tmp_path):
    pictures = []
    for color in ("red", "green", "blue"):
        pictures.append(tmp_path / f"{color}.bmp")
        Image.new("RGB", (60, 40), color).save(pictures[-1])
    assert len({path.stat().st_size for path in pictures}) == 1
    found, pipeline = told(pictures)
    assert (found.to_send, run_tables(pipeline).pages_sent) == (3, 3)


def test_pages_of_a_copied_tiff_are_counted_once(told, run_tables, tmp_path):
    first = tmp_path / "a.tif"
    frames = [Image.new("L", (60, 40), shade) for shade in (0, 90, 200)]
    frames[0].save(first, save_all=True, append_images=frames[1:])
    found, pipeline = told(copies(first, "b.tif"))
    assert (found.pages, found.to_send, run_tables(pipeline).pages_sent) == (6, 3, 3)


def test_an_output_of_several_pages_is_counted_as_one_file(told, run_tables, draw, tmp_path):
    pictures = [draw(f"box/{number}.png") for number in range(3)]
    pipeline = tables(pictures, sinks=[{"plugin": "pdf", "path": str(tmp_path / "box/all.pdf")}])
    pipeline["sources"][0]["document"] = "all"
    assert run_tables(pipeline).documents_written == 1
    found, again = told([tmp_path / "box"])
    assert (found.pages, found.skipped_outputs, run_tables(again).skipped_outputs) == (3, 1, 1)


def test_what_a_recognizer_notes_is_said(tmp_path, draw):
    pipeline = tables([draw("a.png")])
    pipeline["recognizers"] = [{"plugin": double("every_hook:Reader"), "log": str(tmp_path / "log")}]
    found = survey(Pipeline(check(pipeline, tmp_path, where="test.toml", name="test")))
    assert [message.partition(": ")[2] for message in found.messages] == ["an optional model is missing"]
