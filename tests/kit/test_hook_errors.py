"""Messages about hooks that are wrong or raise."""

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
    ("cls", "message"),
    [
        ("WrongParameters", "the hook 'write' has unknown parameters: doc, outs"),
        ("WrongParameters", "its signature is write(self, document, outputs)"),
        ("MisspelledHook", "there is no hook 'wirte'; did you mean 'write'?"),
        ("WrapperWithoutYield", "the hook 'run_finished' is a wrapper without a yield; it must yield once"),
    ],
)
def test_a_wrong_hook_is_one_complaint_with_a_hint(cls, message, tmp_path):
    sinks = [{"plugin": double(f"hooks:{cls}")}]
    with pytest.raises(ConfigurationError) as raised:
        Pipeline(check(tables(["a"], sinks=sinks), tmp_path, where="x", name="x"))
    (complaint,) = raised.value.complaints
    assert message in str(complaint)


def test_an_unknown_hook_lists_the_known_ones():
    (lacking,) = hook_complaints(load_double("hooks:UnknownHook").UnknownHook, "sink", "here")
    assert "there is no hook 'transmogrify'" in lacking.what
    assert lacking.instead.startswith(KNOWN)


@pytest.mark.parametrize("cls", ["WrongParameters", "MisspelledHook", "WrapperWithoutYield"])
def test_the_kind_is_found_even_if_the_hook_is_wrong(cls):
    assert kind_of(vars(load_double(f"hooks:{cls}"))[cls]) == "sink"


def test_static_and_class_methods_and_specname_are_hooks():
    assert hook_complaints(load_double("hooks:UnusualMethods").UnusualMethods, "sink", "here") == []


def test_a_transform_that_raises_is_blamed(run_tables, draw):
    plugin = double("hooks:RaisingTransform")
    report = run_tables(tables([draw("a.png")]) | {"transforms": [{"plugin": plugin}]})
    assert report.exit_code is Exit.SOMETHING_FAILED
    (problem,) = report.failures
    assert problem.why == "ZeroDivisionError: cannot be turned"
    assert problem.hint.startswith(f"this is a fault of the transform {plugin!r} (hooks.py, line ")


def test_a_full_disk_does_not_blame_the_transform(run_tables, draw):
    transform = {"plugin": double("hooks:RaisingTransform"), "full": True}
    report = run_tables(tables([draw("a.png")]) | {"transforms": [transform]})
    assert report.exit_code is Exit.STOPPED
    assert report.stopped is not None
    assert report.stopped.why == "the disk is full"


def test_a_wrong_item_names_the_source(run_tables):
    report = run_tables(tables([]) | {"sources": [{"plugin": double("sources:Nonsense")}]})
    (problem,) = report.failures
    assert str(problem).count(f"the source {double('sources:Nonsense')!r}") >= 1
    assert "find_documents must yield Documents and Problems, got a str" in str(problem)


def test_a_transform_that_returns_none_is_reported(run_tables, draw):
    transform = {"plugin": double("hooks:ReturnsNothing")}
    report = run_tables(tables([draw("a.png")]) | {"transforms": [transform]})
    (problem,) = report.failures
    assert problem.why.endswith("prepare must return a Page, got None")
    assert problem.hint == "tell the plugin's author"
