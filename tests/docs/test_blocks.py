"""Run every command and code block of the documentation and of the README."""

from __future__ import annotations

import os
import re

import pytest

from docs.blocks import Block, blocks, commands_named, name_of, pages
from docs.playground import Playground
from penstock.cli.main import root

pytestmark = pytest.mark.skipif(os.name != "posix", reason="the blocks are shell scripts")

LANGUAGES = {"sh", "console", "toml", "python", "text", "json", "ini"}
PAGES = [pytest.param(page, id=name_of(page)) for page in pages()]


@pytest.fixture
def cache(tmp_path_factory):
    """A cache folder of its own for each page, so that no page finds the results of another one."""
    return tmp_path_factory.mktemp("cache")


@pytest.fixture(scope="module")
def recognitions(tmp_path_factory):
    """A folder with what the offline recognizer read, so that it reads equal pictures only once."""
    return tmp_path_factory.mktemp("recognitions")


@pytest.fixture
def playground(tmp_path, cache, recognitions):
    with Playground(tmp_path, cache, recognitions) as playground:
        yield playground


@pytest.mark.parametrize("page", PAGES)
def test_blocks_run(page, playground):
    for block in blocks(page):
        playground.play(block)


@pytest.mark.parametrize("page", PAGES)
def test_blocks_name_their_language(page):
    for block in blocks(page):
        assert block.language in LANGUAGES, f"{block}: {block.language!r}"
        if "not run" in block.marks:
            assert len(block.marks["not run"]) > 8, f"{block}: say why"
        if block.language in ("text", "json", "ini"):
            assert not block.text.startswith("$ "), f"{block}: a console block is run, this is not"


@pytest.mark.parametrize("page", PAGES)
def test_named_commands_and_options_exist(page):
    for command in commands_named(page):
        words = command.split()
        if words[1].startswith("-") or words[1] in ("COMMAND", "…"):
            continue
        assert words[1] in root.commands, f"{page.name}: {command}"
        known = {"-h", "--help", *(name for each in root.commands[words[1]].params for name in each.opts)}
        for word in words[2:]:
            if re.match(r"--?[a-z]", word):
                assert word.partition("=")[0].rstrip(".,") in known, f"{page.name}: {command}: {word}"


def test_output_is_compared_exactly_except_for_white_space_and_ellipses():
    assert matches("wrote letter.pdf in … s", "wrote  letter.pdf\nin 14 s")
    assert matches("one … three", "one two three")
    assert not matches("wrote letter.pdf", "wrote letter.txt")
    assert not matches("7 kept, 0 broken", "0 kept, 7 broken")
    assert not matches("3 pages", "4 pages")


def matches(expected: str, printed: str) -> bool:
    from docs.playground import _flat, _pattern

    return re.search(_pattern(expected), _flat(printed)) is not None


def test_a_wrong_exit_code_fails_the_block(playground):
    with pytest.raises(AssertionError, match="ended with 2"):
        playground.play(Block("x.md", 1, "sh", "penstock check nothing.toml\n"))


def test_wrong_output_fails_the_block(playground):
    text = "$ echo 0 kept, 7 broken\n7 kept, 0 broken\n"
    with pytest.raises(AssertionError, match="expected"):
        playground.play(Block("x.md", 1, "console", text))
