"""Whose text a file is that somebody mended, where documents are called the same."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from penstock.errors import CorrectionError
from penstock.report import Exit
from pipelines import tables


@pytest.fixture
def two_letters(run_tables, draw, tmp_path):
    """Two scans called letter.png, both read and written."""
    draw("scans/one/letter.png")
    draw("scans/two/letter.png")
    sinks = [{"plugin": kind, "path": f"out/{{folder}}/{{document}}.{kind}"} for kind in ("json", "text")]
    told = tables([tmp_path / "scans"], sinks=sinks)
    assert run_tables(told).documents_written == 2
    return told


def mend(file: Path) -> None:
    form = json.loads(file.read_text())
    form["pages"][0]["lines"][0]["text"] = "mended"
    file.write_text(json.dumps(form))


def texts(folder: Path) -> list[str]:
    return [(folder / "out" / name / "letter.text").read_text() for name in ("one", "two")]


def test_a_correction_is_of_the_document_that_its_file_was_written_for(run_tables, tmp_path, two_letters):
    file = tmp_path / "out/two/letter.json"
    # Nothing but the place tells them apart, as where each was read from within its own folder.
    file.write_text(file.read_text().replace(str(tmp_path / "scans/two/"), ""))
    mend(file)
    report = run_tables(two_letters, write_only=True, corrections=(file,))
    assert report.exit_code is Exit.DONE
    assert texts(tmp_path) == ["letter read\n", "mended\n"]


def test_a_copy_that_was_mended_is_of_the_document_whose_origin_it_names(run_tables, tmp_path, two_letters):
    copied = tmp_path / "mended.json"
    shutil.copy(tmp_path / "out/two/letter.json", copied)
    mend(copied)
    run_tables(two_letters, write_only=True, corrections=(copied,))
    assert texts(tmp_path) == ["letter read\n", "mended\n"]


def test_a_correction_that_may_be_of_either_of_two_documents_is_refused(run_tables, tmp_path, two_letters):
    copied = tmp_path / "mended.json"
    form = json.loads((tmp_path / "out/two/letter.json").read_text())
    copied.write_text(json.dumps(form | {"origin": "elsewhere/letter.png"}))
    mend(copied)
    with pytest.raises(CorrectionError, match=r"one/letter\.png or of .*two/letter\.png") as raised:
        run_tables(two_letters, write_only=True, corrections=(copied,))
    assert "where the json sink wrote it" in raised.value.hint
    assert texts(tmp_path) == ["letter read\n", "letter read\n"]
