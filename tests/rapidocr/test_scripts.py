# ruff: noqa: RUF001 - letters of other scripts are the point here
"""Only letters of the named languages, or of scripts that the page makes plausible, are recognized."""

from __future__ import annotations

import pytest

from penstock_plugins.recognizers.rapidocr import RapidOcr
from penstock_plugins.recognizers.rapidocr.models import StripText
from penstock_plugins.recognizers.rapidocr.scripts import (
    is_allowed,
    plausible_scripts,
    script_of,
    scripts_of,
    uses_others,
)

BASE = {"latin", "greek"}


def strip(text: str, confidence: float = 0.95) -> StripText:
    positions = tuple((index + 0.5) / len(text) for index in range(len(text)))
    return StripText(text, positions, (confidence,) * len(text))


@pytest.mark.parametrize(
    ("tags", "scripts"),
    [
        (["en", "fr"], {"latin"}),
        (["EN-gb", "pt_BR"], {"latin"}),
        (["el", "en"], {"latin", "greek"}),
        (["zh-Hant", "ja"], {"cjk"}),
        (["sr-Latn", "wo-Latn"], {"latin"}),
        ([], set()),
    ],
)
def test_languages_have_scripts(tags: list[str], scripts: set[str]) -> None:
    assert scripts_of(tags) == scripts


@pytest.mark.parametrize("tag", ["ru", "sr", "ar", "ko", "english", "", "zh-Cyrl"])
def test_other_languages_are_refused_with_what_is_read(tag: str) -> None:
    with pytest.raises(ValueError, match="Latin, Greek, Chinese or Japanese script") as raised:
        RapidOcr(languages=("en", tag))
    assert f"got {tag!r}; it knows af, br, ca, " in str(raised.value)


def test_languages_are_part_of_the_cache_key_in_any_order() -> None:
    keys = [str(RapidOcr(languages=tags).cache_key()) for tags in ((), ("en",), ("fr", "de"), ("de", "fr"))]
    assert len(set(keys)) == 3
    assert keys[2] == keys[3]


@pytest.mark.parametrize(
    ("text", "script"), [("é", "latin"), ("β", "greek"), ("个", "cjk"), ("，", "cjk"), ("ア", "cjk")]
)
def test_letters_have_a_script(text: str, script: str) -> None:
    assert script_of(text) == script


@pytest.mark.parametrize("text", ["7", ".", " ", "€", "↑"])
def test_digits_and_marks_belong_to_all_scripts(text: str) -> None:
    assert script_of(text) is None
    assert not uses_others(text, frozenset())


@pytest.mark.parametrize(
    "texts",
    [
        ["个"],
        ["Dear Anna,", "个", "yours sincerely"],
        ["Dear Anna 个 we are here", "yours sincerely"],
        [*["a line of many letters"] * 3, "天气"],
        [],
    ],
)
def test_few_chinese_characters_are_not_plausible(texts: list[str]) -> None:
    assert plausible_scripts(map(strip, texts)) == BASE


@pytest.mark.parametrize(
    "texts", [["世界"], ["今天天氣很好", "penstock 1905"], [*["a line of many letters"] * 9, "北京大學"]]
)
def test_chinese_text_is_plausible(texts: list[str]) -> None:
    assert plausible_scripts(map(strip, texts)) == BASE | {"cjk"}


def test_doubtful_chinese_text_on_a_page_of_latin_letters_is_not_plausible() -> None:
    assert plausible_scripts([strip("a line of many letters"), strip("北京大學", 0.7)]) == BASE


def test_only_letters_of_the_named_scripts_are_allowed() -> None:
    for scripts, allowed in (({"latin"}, "T1 "), ({"greek"}, "α1 "), ({"cjk"}, "个1 "), (set(), "1 ")):
        assert "".join(each for each in "个Tα1 " if is_allowed(each, frozenset(scripts))) == allowed
        assert is_allowed("", frozenset(scripts)), "the blank is always allowed"
