"""The conformance tests find every kind of fault, and say how to fix it."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from unittest import SkipTest

import pytest

from penstock.hookspecs import KIND_HOOKS
from penstock.testing import ConformanceError
from penstock.testing.conformance.checking import CLASSES
from penstock.testing.conformance.observer import example_events
from pipelines import DOUBLES, double, load_double

# kind, plugin, test that finds the fault, part of the message
FAULTS = [
    ("sink", "PartialFile", "writes_only_through_outputs", "opens out/trial.half for writing (wrong.py"),
    ("sink", "PartialFile", "leaves_no_partial_file", "there must be no partial file: a sink must write"),
    ("sink", "PartialDocument", "leaves_no_partial_file", "no partial file, got letter.txt"),
    ("sink", "WritesFromC", "writes_only_through_outputs", "but wrote current-folder/log.txt"),
    ("sink", "MixesDocuments", "keeps_documents_apart", "second.txt of the second document must be the same"),
    ("sink", "OneFile", "keeps_documents_apart", "two documents must not be written to one file"),
    ("sink", "FormatsNames", "accepts_any_document_name", "named '../../escaped' must be written into its"),
    ("sink", "NeedsALine", "accepts_pages_without_text", "IndexError: tuple index out of range (wrong.py"),
    ("sink", "RandomContent", "is_deterministic", "letter.txt must be the same"),
    ("sink", "NoDocstring", "is_a_component_of_its_kind", "NoDocstring must have a docstring"),
    ("sink", "NumberAsVersion", "is_a_component_of_its_kind", "'version' must be a str, got an int"),
    ("sink", "NoSuchOption", "is_a_component_of_its_kind", "output_option is 'file', but there is no such"),
    ("source", "TextAttribute", "is_a_component_of_its_kind", "'fetches' must be a bool, got a str"),
    ("source", "ReturnsList", "yields_documents_lazily", "must yield documents one by one, got a list"),
    ("source", "OpensEverything", "yields_documents_lazily", "before its first document, got 1"),
    ("source", "ListsEverything", "yields_documents_lazily", "before its first document, got 1"),
    ("source", "RaisesForBadPicture", "reports_bad_items_as_problems", "must not raise, got PictureError"),
    ("source", "HidesBadPictures", "reports_bad_items_as_problems", "a Problem for 0000-empty.png"),
    ("source", "ChangesOrder", "order_is_stable", "a second run must find the same, got ('00"),
    ("source", "RepeatsNumbers", "pages_can_be_opened", "must have ascending numbers from 1, got [1, 1]"),
    ("recognizer", "RandomCacheKey", "cache_key_is_stable", "the same in every run, got {'chance': "),
    ("recognizer", "SecretInCacheKey", "cache_key_is_stable", "cache_key must not contain a secret"),
    ("recognizer", "SleepsInSubmit", "does_not_sleep", "submit must not sleep, got time.sleep at wrong.py"),
    ("recognizer", "WaitsInPoll", "does_not_sleep", "poll must not sleep, got a wait that timed out"),
    ("recognizer", "UnstorableOperation", "recognizes_a_page", "an operation's data must be JSON-able"),
    ("recognizer", "NoPoll", "recognizes_a_page", "submit returned an Operation, but there is no hook poll"),
    ("recognizer", "NotDurable", "operations_survive_a_restart", "got Operation(..., durable=False)"),
    ("recognizer", "ForgetsOnRestart", "operations_survive_a_restart", "KeyError: 'upright.png'"),
    ("recognizer", "NeverFinishes", "recognizes_a_page", "a Recognition, got none within 0 seconds"),
    ("recognizer", "StoredOrientation", "quads_are_on_the_page", "pixels, got 0, 0 to 330, 900"),
    ("recognizer", "WrongPosition", "quads_are_on_the_page", "), got (5, 5)"),
    ("recognizer", "RaisesPillowError", "reports_unreadable_pictures", "or PictureError, got OSError: "),
    ("recognizer", "StopsTheRun", "reports_unreadable_pictures", "PictureError, got StopRun: cannot read"),
    ("recognizer", "IgnoresThePicture", "reports_unreadable_pictures", "PictureError, got a Recognition"),
    ("recognizer", "MixesPages", "recognizes_pages_concurrently", "must be its own, got '"),
    ("transform", "ForgetsToPage", "to_page_maps_back_to_the_page", "dot to (72, 40), got (42, 39)"),
    ("transform", "ForgetsEarlierToPage", "composes_with_earlier_transforms", "must map a dot to"),
    ("transform", "ForgetsToPage", "keeps_the_identity_of_the_page", "number must stay 7, got 1"),
    ("transform", "ForgetsToPage", "writes_only_into_the_spool", "only into the spool, got cut-s"),
    ("rule", "ReturnsShare", "returns_true_or_false", "accepts must return a bool, got a float"),
    ("rule", "NeedsLines", "returns_true_or_false", "accepts must not raise for letter.png, got IndexError"),
    ("amender", "ReturnsText", "returns_a_recognition", "amend must return a Recognition, got a str"),
    ("amender", "NeedsWords", "accepts_pages_without_text", "IndexError: tuple index out of range (wrong.py"),
    ("amender", "MovesQuads", "quads_are_on_the_page", "the line 'Dear Anna' must be inside the page of"),
    ("amender", "RandomAngle", "is_deterministic", "must return the same recognition for the same page"),
    ("amender", "MixesAmendedPages", "amends_pages_concurrently", "on several threads as on one"),
    ("amender", "SleepsInAmend", "does_not_sleep", "amend must not sleep, got time.sleep at wrong.py"),
    ("observer", "NeedsAPath", "accepts_every_event", "page_failed must not raise, got AttributeError"),
    ("observer", "SwallowsErrors", "does_not_disturb_a_run", "returned or raised; the change was ignored"),
]


@pytest.mark.parametrize(
    ("kind", "plugin", "test", "message"), FAULTS, ids=[f"{each[1]}-{each[2]}" for each in FAULTS]
)
def test_a_fault_is_found(kind, plugin, test, message, tmp_path):
    options = {"folder": "."} if kind == "source" else {}
    members = {"component": double(f"wrong:{plugin}"), "options": options, "patience": 0.4}
    made = type("Check", (CLASSES[kind],), members)()
    with pytest.raises(ConformanceError) as caught:
        getattr(made, f"test_{test}")(tmp_path)
    assert message in caught.value.message
    assert caught.value.hint


def test_the_correct_recognizer_passes(tmp_path):
    """The wrong recognizers inherit from it, so each of them breaks only one rule."""
    made = type("Check", (CLASSES["recognizer"],), {"component": double("wrong:Correct")})()
    for number, name in enumerate(each for each in dir(made) if each.startswith("test_")):
        folder = tmp_path / str(number)
        folder.mkdir()
        try:
            getattr(made, name)(folder)
        except SkipTest as reason:
            pytest.fail(f"{name} is skipped: {reason}")


def test_pytest_shows_the_fault_and_the_line_of_the_plugin(tmp_path):
    (tmp_path / "wrong.py").write_text((DOUBLES / "wrong.py").read_text())
    (tmp_path / "test_wrong.py").write_text(
        "from penstock.testing import RecognizerConformance, SinkConformance, SourceConformance\n"
        "from wrong import OpensEverything, PartialFile, SleepsInSubmit\n"
        "class TestSleeps(RecognizerConformance):\n    component = SleepsInSubmit\n"
        "class TestPartial(SinkConformance):\n    component = PartialFile\n"
        "class TestOpening(SourceConformance):\n    component = OpensEverything\n"
        "    options = {'folder': '.'}\n"
    )
    ended = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "test_wrong.py"],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=120,
    )
    output = ended.stdout
    assert ended.returncode == 1, output + ended.stderr
    assert "submit must not sleep, got time.sleep at wrong.py, line " in output
    assert "→ return Pending(poll_after=seconds) from poll" in output
    assert (
        "there must be no partial file: a sink must write only through outputs, but opens out/trial.half"
        in output
    )
    assert "→ open every file with outputs.open(self.path)" in output
    assert "files and folders before its first document, got " in output
    assert "→ yield each document as soon as it is found" in output
    assert "conformance/sink.py" not in output.partition("short test summary")[0]


def test_the_example_events_are_complete(tmp_path):
    tried = {event for event, _ in example_events(tmp_path)}
    assert tried == {name for name in vars(KIND_HOOKS["observer"][0]) if not name.startswith("_")}


def test_the_wrong_plugins_are_loaded_from_their_file():
    assert Path(load_double("wrong:SleepsInSubmit").__file__) == DOUBLES / "wrong.py"
