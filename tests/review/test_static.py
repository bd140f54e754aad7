"""The HTML of the review page keeps to the Content-Security-Policy."""

from __future__ import annotations

import re

import pytest

from penstock.review.app import STATIC

PAGES = sorted(STATIC.glob("*.html"))


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_pages_have_no_code_of_their_own_and_load_what_is_there(page):
    text = page.read_text(encoding="utf-8")
    assert not re.search(r"<script(?![^>]*\bsrc=)|<style|\bstyle=|\son\w+=|javascript:", text, re.IGNORECASE)
    loaded = re.findall(r'(?:src|href)="(/static/[^"]+)"', text)
    assert loaded
    for address in loaded:
        assert (STATIC / address.removeprefix("/static/")).is_file(), address
    assert not re.search(r'(?:src|href)="(?:https?:)?//', text)


def test_modules_import_what_is_there():
    imported = re.compile(r'^(?:import|export)\b[^;"]*?(?:from )?"([^"]+\.js)";', re.MULTILINE)
    for module in STATIC.glob("*.js"):
        for name in imported.findall(module.read_text(encoding="utf-8")):
            assert name.startswith("./"), f"{module.name}: {name}"
            assert (STATIC / name).is_file(), f"{module.name}: {name}"
