"""Every command and snippet of the documentation and of the README is run."""

from __future__ import annotations

import os
import re

import pytest

from docs.stage import Stage
from docs.story import Block, blocks, commands_named, name_of, pages
from penstock.cli.main import root

pytestmark = pytest.mark.skipif(os.name != "posix", reason="the snippets are a shell's")

LANGUAGES = {"sh", "console", "toml", "python", "text", "json", "ini"}
PAGES = [pytest.param(page, id=name_of(page)) for page in pages()]


@pytest.fixture(scope="session")
def cache(tmp_path_factory):
    """What `penstock read` remembers, for all pages: a scan is read once."""
    return tmp_path_factory.mktemp("cache")


@pytest.mark.parametrize("page", PAGES)
def test_every_block_of_a_page_does_what_it_says(page, tmp_path, cache):
    with Stage(tmp_path, cache) as stage:
        for block in blocks(page):
            stage.play(block)


@pytest.mark.parametrize("page", PAGES)
def test_every_block_says_what_it_is(page):
    for block in blocks(page):
        assert block.language in LANGUAGES, f"{block}: {block.language!r}"
        if "not run" in block.marks:
            assert len(block.marks["not run"]) > 8, f"{block}: say why"
        if block.language in ("text", "json", "ini"):
            assert not block.text.startswith("$ "), f"{block}: a console block is run, this is not"


@pytest.mark.parametrize("page", PAGES)
def test_every_command_and_option_that_is_named_is_there(page):
    for command in commands_named(page):
        words = command.split()
        if words[1].startswith("-") or words[1] in ("COMMAND", "…"):
            continue
        assert words[1] in root.commands, f"{page.name}: {command}"
        known = {"-h", "--help", *(name for each in root.commands[words[1]].params for name in each.opts)}
        for word in words[2:]:
            if re.match(r"--?[a-z]", word):
                assert word.partition("=")[0].rstrip(".,") in known, f"{page.name}: {command}: {word}"


def test_the_comparison_tells_apart():
    from docs.stage import _flat, _pattern

    assert re.search(_pattern("wrote letter.pdf in 3.2 s"), _flat("wrote  letter.pdf\nin 14 s"))
    assert not re.search(_pattern("wrote letter.pdf"), _flat("wrote letter.txt"))
    assert re.search(_pattern("one … three"), "one two three")


def test_a_block_without_its_exit_code_fails(tmp_path, cache):
    with Stage(tmp_path, cache) as stage, pytest.raises(AssertionError, match="ended with 2"):
        stage.play(Block("x.md", 1, "sh", "penstock check nothing.toml\n"))
