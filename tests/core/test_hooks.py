"""Every hook and declared attribute is documented, and implemented by a test double."""

from __future__ import annotations

import inspect
import re
from pathlib import Path

import pytest

import penstock.testing.scripted
from penstock import hookspecs, protocols
from penstock.hookspecs import KIND_HOOKS, ObserverHooks
from penstock.plugins import KINDS, hook_complaints, hooks_of
from pipelines import load_double

ROOT = Path(__file__).parents[2]
HOOKS = sorted(
    (name, hooks) for hooks, _ in KIND_HOOKS.values() for name in vars(hooks) if not name.startswith("_")
)
EVENTS = [name for name, hooks in HOOKS if hooks is ObserverHooks]
DOUBLES = "\n".join(
    path.read_text()
    for path in [*(ROOT / "tests/doubles").glob("*.py"), Path(penstock.testing.scripted.__file__)]
)


@pytest.mark.parametrize(("name", "hooks"), HOOKS)
def test_a_hook_is_documented_and_has_a_double(name, hooks):
    assert len(inspect.getdoc(vars(hooks)[name]) or "") > 10
    assert re.search(rf"def {name}\(", DOUBLES), f"no test double implements {name}"


def test_a_double_implements_every_event_with_all_parameters():
    double = load_double("every_hook:EveryEvent").EveryEvent
    assert sorted(hooks_of(double)) == EVENTS
    assert hook_complaints(double, "observer", "here") == []
    for event in EVENTS:
        assert inspect.signature(getattr(double, event)) == inspect.signature(getattr(ObserverHooks, event))
        assert "context" in inspect.signature(getattr(double, event)).parameters


def test_every_required_hook_exists():
    for hooks, needed in KIND_HOOKS.values():
        assert all(inspect.isfunction(vars(hooks)[hook]) for hook in needed)


def test_every_kind_has_a_protocol():
    assert [kind.capitalize() for kind in KINDS if kind.capitalize() not in protocols.__all__] == []


def test_observer_protocol_has_every_event():
    members = {name for each in protocols.Observer.__args__ for name in vars(each) if name in EVENTS}
    assert sorted(members) == EVENTS


@pytest.mark.parametrize(
    "attribute", ["fetches", "is_live", "output_option", "version", "penstock_api_version"]
)
def test_declared_attributes_are_documented(attribute):
    assert f"``{attribute}" in hookspecs.__doc__


def test_every_kind_with_built_in_plugins_has_entry_points():
    text = (ROOT / "pyproject.toml").read_text()
    for kind in KINDS:
        if kind != "amender":
            assert f'[project.entry-points."penstock.{kind}s"]' in text
