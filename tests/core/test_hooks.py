"""Every hook is documented, and a run calls it."""

from __future__ import annotations

import inspect
import tomllib
from pathlib import Path

import pytest

from penstock.hookspecs import KIND_HOOKS
from pipelines import double

HOOKS = {
    name: kind for kind, (hooks, _) in KIND_HOOKS.items() for name in vars(hooks) if not name.startswith("_")
}

NOT_YET_CALLED = {"amend", "page_polled", "page_retried", "recognizer_throttled"}
"""Hooks that the engine does not call yet. Empty this set when it does."""

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
    }
    tables["sources"][0]["pictures"] = [str(draw(name)) for name in ("a.png", "refused.png")]
    run_tables(tables, prepare=lambda run: run._pipeline.request_stop())
    first = set(log.read_text().split())
    log.unlink()
    run_tables(tables)
    assert "page_recognized" in first
    assert "page_known" in set(log.read_text().split()) - first
    called = first | set(log.read_text().split())
    assert called <= HOOKS.keys()
    assert HOOKS.keys() - called <= NOT_YET_CALLED


def test_every_kind_has_entry_points():
    project = tomllib.loads((Path(__file__).parents[2] / "pyproject.toml").read_text())["project"]
    groups = {name for name in project["entry-points"] if name.startswith("penstock.")}
    assert groups == {f"penstock.{kind}s" for kind in KIND_HOOKS if kind not in WITHOUT_BUILT_IN}
