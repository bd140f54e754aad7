"""Every hook is documented, called by the engine, and tried by some test double."""

from __future__ import annotations

import inspect
import re
from pathlib import Path

import pytest

import penstock
import penstock.testing.scripted
from penstock.hookspecs import KIND_HOOKS

HOOKS = sorted(name for hooks, _ in KIND_HOOKS.values() for name in vars(hooks) if not name.startswith("_"))
DOUBLES = "\n".join(
    path.read_text()
    for path in [
        *(Path(__file__).parents[1] / "doubles").glob("*.py"),
        Path(penstock.testing.scripted.__file__),
    ]
)


@pytest.mark.parametrize("hook", HOOKS)
def test_a_hook_says_what_it_is_for_and_a_double_tries_it(hook):
    (function,) = [vars(kind)[hook] for kind, _ in KIND_HOOKS.values() if hook in vars(kind)]
    assert len(inspect.getdoc(function) or "") > 10
    assert re.search(rf"def {hook}\(", DOUBLES), f"no test double implements {hook}"


def test_every_kind_has_its_group_of_entry_points():
    text = (Path(__file__).parents[2] / "pyproject.toml").read_text()
    for kind in ("source", "recognizer", "sink", "observer"):
        assert f'[project.entry-points."penstock.{kind}s"]' in text
