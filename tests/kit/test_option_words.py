"""Types and defaults, in the words of somebody who writes TOML."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Annotated, Any, Literal

import pytest
from annotated_types import Gt

from penstock.cli.option_words import explanations, in_toml, plain, type_in_words
from penstock.secret import Secret


class OddThing:
    """A type of a plugin's own."""


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
def test_a_type_has_words(hint, words):
    assert type_in_words(hint) == words


@pytest.mark.parametrize("value", ["", 'a "quoted" \\ text', 1.5, 7, True, [], ["a", "b"], [[1, 2], [3]]])
def test_a_default_is_what_a_file_would_say(value):
    assert tomllib.loads(f"x = {in_toml(value)}") == {"x": value}


def test_tuples_and_paths_are_lists_and_texts():
    assert in_toml((Path("a"), Path("b"))) == '["a", "b"]'


def test_explanations_of_several_options_at_once():
    said = explanations(
        "What.\n\nParameters\n----------\na, b\n    Both.\nc\n    One,\n    two.\n\nRaises\n------\nX\n"
    )
    assert said == {"a": "Both.", "b": "Both.", "c": "One,\ntwo."}
    assert plain("``a`` or ``b``") == "a or b"
