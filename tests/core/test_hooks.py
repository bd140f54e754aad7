"""Every hook and declared attribute is documented, and a run calls every hook."""

from __future__ import annotations

import inspect
import tomllib
from pathlib import Path

import pytest

from penstock import hookspecs, protocols
from penstock.hookspecs import KIND_HOOKS, ObserverHooks
from penstock.plugins import KINDS
from pipelines import double

ROOT = Path(__file__).parents[2]
HOOKS = {
    name: kind for kind, (hooks, _) in KIND_HOOKS.items() for name in vars(hooks) if not name.startswith("_")
}
EVENTS = sorted(name for name in HOOKS if name in vars(ObserverHooks))

WITHOUT_BUILT_IN = {"amender"}
"""Kinds that have no built-in plugin."""


@pytest.mark.parametrize("hook", HOOKS)
def test_every_hook_is_documented(hook):
    function = vars(KIND_HOOKS[HOOKS[hook]][0])[hook]
    assert len(inspect.getdoc(function) or "") > 10


def test_a_run_calls_every_hook(run_tables, draw, tmp_path):
    log = tmp_path / "log"
    tables = {
        f"{kind}s": [{"plugin": double(f"every_hook:{kind.capitalize()}"), "log": str(log)}]
        for kind in KIND_HOOKS
        if kind != "rule"
    }
    tables["sources"][0]["pictures"] = [str(draw(name)) for name in ("a.png", "refused.png")]
    tables["recognizers"][0]["price_per_1000"] = 1000
    tables["engine"] = {"budget_per_month": 2.4}
    run_tables(tables, prepare=lambda run: run._pipeline.request_stop())
    first = set(log.read_text().split())
    log.unlink()
    run_tables(tables)
    again = set(log.read_text().split())
    tables["recognizers"][0]["plugin"] = double("every_hook:Reader")
    report = run_tables(tables)
    assert "an optional model is missing" in str(report.warnings)
    assert "page_recognized" in first
    assert "page_known" in again - first
    accept = {double("every_hook:Rule"): {"log": str(log)}}
    cheap = {"plugin": double("every_hook:First"), "log": str(log), "accept": accept}
    tables["recognizers"] = [cheap, {"plugin": double("every_hook:Recognizer"), "log": str(log)}]
    tables["sources"][0]["pictures"] = [str(draw(name)) for name in ("d.png", "e.png")]
    tables["engine"] = {}
    run_tables(tables, max_pages=1)
    called = first | again | set(log.read_text().split())
    assert called == HOOKS.keys()


def test_every_event_has_a_context():
    for event in EVENTS:
        assert "context" in inspect.signature(getattr(ObserverHooks, event)).parameters


def test_every_required_hook_exists():
    for hooks, needed in KIND_HOOKS.values():
        assert all(inspect.isfunction(vars(hooks)[hook]) for hook in needed)


def test_every_kind_has_a_protocol():
    assert [kind.capitalize() for kind in KINDS if kind.capitalize() not in protocols.__all__] == []


def test_observer_protocol_has_every_event():
    members = {name for each in protocols.Observer.__args__ for name in vars(each) if name in EVENTS}
    assert sorted(members) == EVENTS


@pytest.mark.parametrize(
    "attribute",
    ["fetches", "is_live", "is_stateless", "output_option", "version", "penstock_api_version"],
)
def test_declared_attributes_are_documented(attribute):
    assert f"``{attribute}" in hookspecs.__doc__


def test_every_kind_has_entry_points():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    groups = {name for name in project["entry-points"] if name.startswith("penstock.")}
    assert groups == {f"penstock.{kind}s" for kind in KIND_HOOKS if kind not in WITHOUT_BUILT_IN}
