"""Recipes: which recognizers can be made in another process."""

from __future__ import annotations

import pickle
import sys
import threading
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from penstock import Page, Recognition, hookimpl
from penstock.config import Configured
from penstock.errors import PluginError, StopRun
from penstock.model import Picture, Resources
from penstock.plugins import find
from penstock.secret import Secret
from penstock.workers import Reader, Recipe, recipe_of


@dataclass(eq=False)
class Plain:
    """Reads nothing."""

    word: str = "a"
    key: Secret | None = None
    lock: Any = field(default=None)

    @hookimpl
    def read(self, page: Page) -> Recognition:
        return Recognition(recognizer=f"{self.word} {page.origin}")


def recipe(component: object) -> Recipe:
    return recipe_of(
        Configured("recognizer", "plain", "", component), "the recognizer 'plain'", Resources(), None
    )


def test_a_recipe_survives_pickling_and_makes_the_component_with_its_options() -> None:
    made = pickle.loads(pickle.dumps(recipe(Plain("b")))).made()  # noqa: S301
    assert (type(made), made.word) == (Plain, "b")


def test_a_secret_is_never_sent() -> None:
    with pytest.raises(PluginError, match="must not have an option that is a secret") as raised:
        recipe(Plain(key=Secret("hush")))
    assert "hush" not in str(raised.value)


def test_options_that_cannot_be_pickled_are_named() -> None:
    with pytest.raises(PluginError, match="its options cannot be sent to a worker"):
        recipe(Plain(lock=threading.Lock()))


def test_a_class_in_a_function_cannot_be_made_elsewhere() -> None:
    @dataclass(eq=False)
    class Inner(Plain):
        """Defined in a function."""

    with pytest.raises(PluginError, match="is defined in a function"):
        recipe(Inner())


def test_a_class_that_a_worker_lacks_stops_the_run(monkeypatch: pytest.MonkeyPatch) -> None:
    made = recipe(Plain())
    monkeypatch.delattr(f"{__name__}.Plain")
    with (
        pytest.raises(StopRun, match="the recognizer 'plain' cannot be made in a worker: AttributeError"),
        Reader(made),
    ):
        pass


VERSION = """
from dataclasses import dataclass
import penstock

@dataclass(eq=False)
class Versioned:
    @penstock.hookimpl
    def read(self, page):
        return penstock.Recognition(recognizer="VERSION")
"""


def write_version(file: Path, version: str) -> None:
    file.write_text(VERSION.replace("VERSION", version))


def test_a_worker_that_starts_after_an_edit_reads_as_those_before(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    # Otherwise, what the new code reads is stored under the key of the old code.
    file = tmp_path / "versioned.py"
    write_version(file, "old")
    made = recipe(find("recognizer", "./versioned.py:Versioned", tmp_path)())
    write_version(file, "new")
    monkeypatch.delitem(sys.modules, made.module)  # as in a new process
    page = Page(1, "page", Picture(file), 1, 1)
    assert made.made().read(page).recognizer == "old"


def test_a_worker_keeps_the_classes_of_several_scripts_apart(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    recipes = []
    for version in ("old", "new"):
        script = tmp_path / f"{version}.py"
        write_version(script, version)
        monkeypatch.setattr(sys.modules["__main__"], "__file__", str(script), raising=False)
        cls = type("Versioned", (), {"__module__": "__main__"})
        recipes.append(recipe(cls()))
    page = Page(1, "page", Picture(tmp_path), 1, 1)
    read = [each.made().read(page).recognizer for each in (*recipes, recipes[0])]
    assert read == ["old", "new", "old"]
