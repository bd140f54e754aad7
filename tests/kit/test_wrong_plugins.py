"""What is wrong with a plugin is found, named, and said with what to do."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from unittest import SkipTest

import pytest

from penstock.hookspecs import KIND_HOOKS
from penstock.testing import NotConforming
from penstock.testing.conformance.checking import CLASSES
from penstock.testing.conformance.observer import trial_events
from pipelines import DOUBLES, double, load_double

FOLDER = {"folder": "."}

FAULTS = [
    # kind, plugin, its options, the test that finds it, what is said of it
    (
        "sink",
        "HalfFile",
        {},
        "writes_through_outputs_alone",
        "out/trial.half for writing past outputs (wrong.py",
    ),
    (
        "sink",
        "HalfFile",
        {},
        "leaves_whole_files_or_none",
        "it leaves half a file when a page cannot be loaded",
    ),
    ("sink", "HalfDocument", {}, "leaves_whole_files_or_none", "it put letter.txt in its place after a page"),
    ("sink", "Past", {}, "writes_through_outputs_alone", "it wrote current-folder/log.txt past outputs"),
    ("sink", "Mixing", {}, "keeps_two_documents_apart", "second.txt of the second document is another file"),
    ("sink", "OneFile", {}, "keeps_two_documents_apart", "two documents are written to one file"),
    ("sink", "NamesItself", {}, "takes_odd_names", "named '../../escaped' was written to"),
    ("sink", "FirstLine", {}, "takes_pages_without_text", "IndexError: tuple index out of range (wrong.py"),
    ("sink", "Chance", {}, "same_input_gives_the_same_output", "letter.txt is not the same"),
    ("sink", "Silent", {}, "is_a_component_of_its_kind", "Silent does not say what it is for"),
    ("source", "Listing", FOLDER, "gives_the_first_document_before_it_looks_at_the_rest", "returns a list"),
    ("source", "Opening", FOLDER, "gives_the_first_document_before_it_looks_at_the_rest", "it looks at 1"),
    ("source", "Globbing", FOLDER, "gives_the_first_document_before_it_looks_at_the_rest", "it looks at 1"),
    (
        "source",
        "Raising",
        FOLDER,
        "reports_what_is_bad_and_passes_it_over",
        "find_documents raises PictureError",
    ),
    (
        "source",
        "Hushing",
        FOLDER,
        "reports_what_is_bad_and_passes_it_over",
        "it says nothing of 0000-empty.png",
    ),
    ("source", "Shuffling", FOLDER, "gives_the_same_in_the_same_order_twice", "the second run finds ('00"),
    ("source", "Misnumbering", FOLDER, "gives_pages_that_can_be_opened", "are numbered [1, 1]"),
    ("recognizer", "Changing", {}, "says_the_same_of_its_reading_each_time", "cache_key says {'chance': "),
    ("recognizer", "Telling", {}, "says_the_same_of_its_reading_each_time", "cache_key says a secret"),
    ("recognizer", "Sleeping", {}, "never_sleeps", "submit sleeps: time.sleep at wrong.py, line"),
    ("recognizer", "Dozing", {}, "never_sleeps", "poll sleeps: a timed wait that ran out at wrong.py, line"),
    ("recognizer", "Keeping", {}, "reads_a_page_to_the_end", "an operation's data cannot be kept"),
    ("recognizer", "Forgetting", {}, "another_process_can_poll_what_is_durable", "KeyError: 'upright.png'"),
    ("recognizer", "Endless", {}, "reads_a_page_to_the_end", "is not read after 0 seconds of polling"),
    (
        "recognizer",
        "Stored",
        {},
        "quads_lie_on_the_page",
        "the line 'all' stands at 0, 0 to 330, 900 on a page",
    ),
    (
        "recognizer",
        "Misplacing",
        {},
        "quads_lie_on_the_page",
        "the word 'Anna' stands around (5, 5), and was",
    ),
    ("recognizer", "Bare", {}, "reports_a_picture_that_cannot_be_read", "it raise OSError: "),
    ("recognizer", "Stopping", {}, "reports_a_picture_that_cannot_be_read", "it raise StopRun: cannot read"),
    ("recognizer", "Blind", {}, "reports_a_picture_that_cannot_be_read", "is read as if it were whole"),
    ("recognizer", "Confusing", {}, "reads_several_pages_at_once", "which stands on another one"),
    ("transform", "Cropping", {}, "dots_land_where_they_were", "the dot at (72, 40) comes back at (42, 39)"),
    ("transform", "CroppingAnew", {}, "goes_on_from_the_transform_before", "comes back at"),
    ("transform", "Cropping", {}, "keeps_what_belongs_to_the_page", "changes the page's number from 7 to 1"),
    ("transform", "Cropping", {}, "keeps_its_pictures_in_the_spool", "it writes cut-s"),
    ("observer", "Fussy", {}, "accepts_every_event", "page_failed raises AttributeError"),
    (
        "observer",
        "Swallowing",
        {},
        "lets_a_run_go_on",
        "changed what poll of the recognizer",
    ),
]


@pytest.mark.parametrize(
    ("kind", "plugin", "options", "test", "said"), FAULTS, ids=[f"{each[1]}-{each[3]}" for each in FAULTS]
)
def test_a_fault_is_found_and_named(kind, plugin, options, test, said, tmp_path):
    members = {"component": double(f"wrong:{plugin}"), "options": options, "patience": 0.4}
    made = type("Check", (CLASSES[kind],), members)()
    with pytest.raises(NotConforming) as caught:
        getattr(made, f"test_{test}")(tmp_path)
    assert said in caught.value.what
    assert caught.value.instead


def test_a_recognizer_that_does_its_part_passes(tmp_path):
    """The one that the wrong ones are made from, so that each is wrong in one thing alone."""
    made = type("Check", (CLASSES["recognizer"],), {"component": double("wrong:Reader")})()
    for number, name in enumerate(each for each in dir(made) if each.startswith("test_")):
        folder = tmp_path / str(number)
        folder.mkdir()
        try:
            getattr(made, name)(folder)
        except SkipTest as reason:
            pytest.fail(f"{name} is left out: {reason}")


def test_authors_see_the_fault_and_their_own_line_in_pytest(tmp_path):
    (tmp_path / "wrong.py").write_text((DOUBLES / "wrong.py").read_text())
    (tmp_path / "test_wrong.py").write_text(
        "from penstock.testing import RecognizerConformance, SinkConformance, SourceConformance\n"
        "from wrong import HalfFile, Opening, Sleeping\n"
        "class TestSleeping(RecognizerConformance):\n    component = Sleeping\n"
        "class TestHalfFile(SinkConformance):\n    component = HalfFile\n"
        "class TestOpening(SourceConformance):\n    component = Opening\n    options = {'folder': '.'}\n"
    )
    ended = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "test_wrong.py"],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=120,
    )
    said = ended.stdout
    assert ended.returncode == 1, said + ended.stderr
    assert "submit sleeps: time.sleep at wrong.py, line " in said
    assert "→ return Pending(poll_after=seconds) from poll" in said
    assert "it leaves half a file when a page cannot be loaded midway: it opens out/trial.half" in said
    assert "→ open every file with outputs.open(self.path)" in said
    assert "files and folders before it gives its first document (wrong.py, line " in said
    assert "→ yield each document as soon as it is found" in said
    assert "conformance/sink.py" not in said.partition("short test summary")[0]


def test_the_observers_events_are_all_tried(tmp_path):
    tried = {event for event, _ in trial_events(tmp_path)}
    assert tried == {name for name in vars(KIND_HOOKS["observer"][0]) if not name.startswith("_")}


def test_the_wrong_ones_stand_in_a_file_that_the_public_door_opens():
    assert Path(load_double("wrong:Sleeping").__file__) == DOUBLES / "wrong.py"
