"""What a plugin's author reads in a run of a plugin whose hooks are wrong, or raise."""

from __future__ import annotations

import pytest

from penstock.config import check
from penstock.errors import ConfigurationError
from penstock.pipeline import Pipeline
from penstock.plugins import hook_complaints, kind_of
from penstock.report import Exit
from pipelines import double, load_double, tables

KNOWN = "the hooks are write, run_started, "


@pytest.mark.parametrize(
    ("cls", "said"),
    [
        ("Strangers", "the hook 'write' has unknown parameters: doc, outs"),
        ("Strangers", "its signature is write(self, document, outputs)"),
        ("Wirte", "there is no hook 'wirte'; did you mean 'write'?"),
        ("Unyielding", "the hook 'run_finished' is a wrapper without a yield; it must yield once"),
    ],
)
def test_a_hook_that_is_wrong_is_one_complaint_that_says_what_to_write(cls, said, tmp_path):
    sinks = [{"plugin": double(f"hooks:{cls}")}]
    with pytest.raises(ConfigurationError) as raised:
        Pipeline(check(tables(["a"], sinks=sinks), tmp_path, where="x", name="x"))
    (complaint,) = raised.value.complaints
    assert said in str(complaint)


def test_a_hook_that_is_like_none_is_told_those_that_there_are():
    (lacking,) = hook_complaints(load_double("hooks:Strangers").Far, "sink", "here")
    assert "there is no hook 'transmogrify'" in lacking.what
    assert lacking.instead.startswith(KNOWN)


@pytest.mark.parametrize("cls", ["Strangers", "Wirte", "Unyielding"])
def test_a_sink_is_a_sink_also_when_its_hook_is_misspelt(cls):
    assert kind_of(vars(load_double(f"hooks:{cls}"))[cls]) == "sink"


def test_methods_of_all_sorts_may_be_hooks():
    assert hook_complaints(load_double("hooks:Sorts").Sorts, "sink", "here") == []


def test_a_transform_that_raises_is_named(run_tables, draw):
    plugin = double("hooks:Raising")
    report = run_tables(tables([draw("a.png")]) | {"transforms": [{"plugin": plugin}]})
    assert report.exit_code is Exit.SOMETHING_FAILED
    (problem,) = report.failures
    assert problem.why == "ZeroDivisionError: cannot be turned"
    assert problem.hint.startswith(f"this is a fault of the transform {plugin!r} (hooks.py, line ")


def test_a_disk_that_is_full_is_no_fault_of_a_transform(run_tables, draw):
    transform = {"plugin": double("hooks:Raising"), "full": True}
    report = run_tables(tables([draw("a.png")]) | {"transforms": [transform]})
    assert report.exit_code is Exit.STOPPED
    assert report.stopped is not None
    assert report.stopped.why == "the disk is full"


def test_a_source_is_named_once(run_tables):
    report = run_tables(tables([]) | {"sources": [{"plugin": double("sources:Nonsense")}]})
    (problem,) = report.failures
    assert str(problem).startswith(f"the source {double('sources:Nonsense')!r}: found a str")


def test_a_transform_that_gives_nothing_is_told_what_to_give(run_tables, draw):
    transform = {"plugin": double("hooks:Giving")}
    report = run_tables(tables([draw("a.png")]) | {"transforms": [transform]})
    (problem,) = report.failures
    assert problem.why.endswith("answered prepare with None")
    assert problem.hint == "it answers with a Page"
