"""The outputs of one document, written again after its text was corrected in the journal."""

from __future__ import annotations

import pytest

from penstock.engine.keys import CORRECTION
from penstock.engine.state_folder import StateFolder
from penstock.model import Line, Quad, Recognition, Word
from penstock.review.documents import ReviewedDocuments
from penstock.review.errors import NotFound
from penstock.review.writing import OutputWriter
from penstock.search import Scope
from pipelines import opened_journal, tables

BOX = Quad.from_box(5.0, 5.0, 60.0, 20.0)
MENDED = Recognition((Line("mended", BOX, (Word("mended", BOX, corrected=True),)),), 0.0, "test")


@pytest.fixture
def state(tmp_path):
    return tmp_path / ".penstock"


@pytest.fixture
def mend(state):
    """Store a correction of all pages of a document, by its name; return the document's number."""

    def made(name: str) -> int:
        with opened_journal(state) as journal:
            (found,) = [number for number, each in journal.documents.iterate() if each.name == name]
            for row in journal.documents.pages_after(found, 0):
                journal.answers.note_recognition(row.content_key, CORRECTION, MENDED)
            journal.commit()
        return found

    return made


@pytest.fixture
def read(draw, run_tables):
    """Run the pipeline of a `penstock read` for pictures, with outputs of some kinds."""

    def made(*names: str, kinds: tuple[str, ...] = ("text",), **options: object) -> None:
        sinks = [{"plugin": kind, "path": f"out/{{document}}.{kind}"} for kind in kinds]
        paths = [draw(f"{name}.png") for name in names]
        run_tables(tables(paths, sinks=sinks), **{"ad_hoc": True} | options)

    return made


def test_all_outputs_that_reads_wrote_are_written_again(tmp_path, state, read, mend):
    read("letter", "diary")
    read("letter", kinds=("json",))
    number = mend("letter")
    mend("diary")
    written = OutputWriter().write(state, number)
    assert not written.problems
    assert {name.rpartition("/")[2] for name in written.paths} == {"letter.text", "letter.json"}
    assert (tmp_path / "out/letter.text").read_text() == "mended\n"
    assert '"mended"' in (tmp_path / "out/letter.json").read_text()
    assert (tmp_path / "out/diary.text").read_text() == "diary read\n"
    assert OutputWriter().write(state, number) == type(written)()


def test_a_pipeline_writes_with_the_sinks_of_its_last_run(tmp_path, state, read, mend):
    read("letter", ad_hoc=False)
    read("letter", kinds=("json",), ad_hoc=False)
    (tmp_path / "out/letter.text").unlink()
    assert not OutputWriter().write(state, mend("letter")).problems
    assert sorted(path.name for path in (tmp_path / "out").iterdir()) == ["letter.json"]


def test_an_output_that_was_edited_by_hand_is_kept(tmp_path, state, read, mend):
    read("letter")
    (tmp_path / "out/letter.text").write_text("mine")
    written = OutputWriter().write(state, mend("letter"))
    assert "letter.text" in written.problems[0]
    assert (tmp_path / "out/letter.text").read_text() == "mine"


def test_a_run_that_holds_the_state_folder_is_named(state, read, mend):
    read("letter", ad_hoc=False)
    number = mend("letter")
    with StateFolder(state):
        (problem,) = OutputWriter().write(state, number).problems
    assert "uses the state folder" in problem
    assert "try again" in problem


def test_outputs_in_a_temporary_folder_are_not_written_again(tmp_path, state, read, mend):
    read("letter", keeps_outputs=False)
    (problem, *_) = OutputWriter().write(state, mend("letter")).problems
    assert "repeat the command" in problem
    assert (tmp_path / "out/letter.text").read_text() == "letter read\n"


SEALED = """
from dataclasses import dataclass
from penstock import RecognizedDocument, Secret, hookimpl

@dataclass(eq=False)
class Sealed:
    seal: Secret

    @hookimpl
    def write(self, document: RecognizedDocument, outputs) -> None:
        with outputs.open("{document}.sealed") as file:
            file.write(str(len(self.seal.reveal())))
"""


def test_a_secret_is_named_in_the_journal_and_not_stored(
    tmp_path, state, draw, run_tables, mend, monkeypatch
):
    monkeypatch.setenv("MY_SEAL", "open-sesame")
    (tmp_path / "sealed.py").write_text(SEALED)
    sinks = [{"plugin": "sealed.py:Sealed", "seal": "${MY_SEAL}"}]
    run_tables(tables([draw("letter.png")], sinks=sinks))
    written = OutputWriter().write(state, mend("letter"))
    assert not written.problems
    assert [path.rpartition("/")[2] for path in written.paths] == ["letter.sealed"]
    stored = b"".join(path.read_bytes() for path in state.glob("journal.sqlite*"))
    assert b"${MY_SEAL}" in stored
    assert b"open-sesame" not in stored
    monkeypatch.delenv("MY_SEAL")
    (problem,) = OutputWriter().write(state, mend("letter")).problems
    assert "MY_SEAL" in problem


def test_documents_are_written_by_their_keys(tmp_path, state, read, mend):
    read("letter")
    number = mend("letter")
    with ReviewedDocuments([Scope(state)]) as documents:
        written = {"written": [f"{tmp_path}/out/letter.text"], "problems": [], "notes": []}
        assert documents.write(f"0-{number}") == written
        with pytest.raises(NotFound):
            documents.write(f"0-{number + 1}")
