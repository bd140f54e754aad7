"""Recipes: which recognizers can be made in another process."""

from __future__ import annotations

import pickle
import threading
from dataclasses import dataclass, field
from typing import Any

import pytest

from penstock import Page, Recognition, hookimpl
from penstock.config import Configured
from penstock.errors import PluginError, StopRun
from penstock.model import Resources
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
