"""Types in words, values in TOML, and the documentation of options."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Annotated, Any, Literal

import pytest
from annotated_types import Gt

from penstock.cli.option_words import explanations, in_toml, plain, type_in_words
from penstock.secret import Secret


class OddThing:
    """A plugin's own type."""


@pytest.mark.parametrize(
    ("hint", "words"),
    [
        (str, "text"),
        (int, "whole number"),
        (float | None, "number"),
        (bool, "true or false"),
        (Path, "path"),
        (Secret | None, "secret"),
        (tuple[Path, ...], "list of paths"),
        (list[str], "list of texts"),
        (list[dict[str, int]], "list of tables"),
        (tuple[int, str], "list of whole number, text"),
        (Literal["a", "b", "c"], '"a", "b" or "c"'),
        (Literal["auto"] | bool, '"auto" or true or false'),
        (Literal[0, 90] | None, "0 or 90"),
        (Annotated[tuple[Path, ...], Gt(1)], "list of paths"),
        (dict[str, list[str]], "table"),
        (Any, "anything"),
        (OddThing | int, "odd thing or whole number"),
        ("Unknown", "unknown"),
    ],
)
def test_type_in_words(hint, words):
    assert type_in_words(hint) == words


@pytest.mark.parametrize(
    "value",
    [
        *("", 'a "quoted" \\ text', "two\nlines\tand \x00 \x1f \x7f", "Grüße 💌", 1.5, float("inf"), 7, True),
        *([], ["a", "b"], [[1, 2], [3]], {}, {"a": 1, "b c": {"d.e": [True, {"f": "g"}]}, "": "x"}),
    ],
)
def test_in_toml_round_trips(value):
    assert tomllib.loads(f"x = {in_toml(value)}") == {"x": value}


def test_in_toml_converts_tuples_sets_and_paths():
    assert in_toml((Path("a"), Path("b"))) == '["a", "b"]'
    assert in_toml(frozenset("cab")) == '["a", "b", "c"]'


def test_in_toml_leaves_none_out():
    assert in_toml(None) == ""
    assert in_toml([1, None, {"a": None, "b": 2}]) == "[1, {b = 2}]"


def test_in_toml_masks_secrets():
    assert in_toml({"key": Secret("hush-hush")}) == '{key = "******"}'


def test_explanations_of_several_options():
    output = explanations(
        "What.\n\nParameters\n----------\na, b\n    Both.\nc\n    One,\n    two.\n\nRaises\n------\nX\n"
    )
    assert output == {"a": "Both.", "b": "Both.", "c": "One,\ntwo."}
    assert plain("``a`` or ``b``") == "a or b"
