"""Which files the source `files` reads when it is watched."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from penstock.protocols import WatchedSource
from penstock_plugins.sources.files import Files

Draw = Callable[..., Path]


def documents(source: Files, *files: Path) -> dict[str, list[str]]:
    found = source.find_changed(files, show_status=print)
    return {each.name: [page.picture.path.name for page in each.pages] for each in found}  # type: ignore[union-attr]


@pytest.mark.parametrize(
    ("options", "taken"),
    [
        ({}, {"a.png", "b.jpg", "c.png"}),
        ({"include": ("*.jpg",)}, {"b.jpg"}),
        ({"exclude": ("sub",)}, {"a.png", "b.jpg"}),
        ({"paths": "in/*.png"}, {"a.png"}),
        ({"paths": "in/**/*.png"}, {"a.png", "c.png"}),
        ({"paths": "in/sub/../a.png"}, {"a.png"}),
        ({"paths": ("in/sub", "in/b.jpg")}, {"b.jpg", "c.png"}),
    ],
)
def test_the_same_files_as_in_a_run(
    tmp_path: Path, draw: Draw, options: dict[str, Any], taken: set[str]
) -> None:
    for name in ("a.png", "b.jpg", "sub/c.png", ".hidden/d.png", "@eaDir/e.png", ".f.png"):
        draw(f"in/{name}")
    (tmp_path / "in/notes.txt").write_text("no picture")
    given = options.pop("paths", "in")
    paths = [tmp_path / each for each in ((given,) if isinstance(given, str) else given)]
    source = Files(paths, **options)
    files = [path for path in (tmp_path / "in").rglob("*") if path.is_file()]
    assert {path.name for path in files if source.group_of(path)} == taken
    assert {page for pages in documents(source, *files).values() for page in pages} == taken
    assert isinstance(source, WatchedSource)
    assert all(place.exists() and ".." not in place.parts for place in source.watched_paths())


def test_twins_are_named_with_their_suffix(tmp_path: Path, draw: Draw) -> None:
    first, second, other = draw("in/a.png"), draw("in/a.jpg"), draw("in/b.png")
    source = Files([tmp_path / "in"])
    assert documents(source, first, other) == {"a.png": ["a.png"], "b": ["b.png"]}
    assert documents(source, second) == {"a.jpg": ["a.jpg"]}


def test_the_files_of_a_document_are_in_natural_order(tmp_path: Path, draw: Draw) -> None:
    files = [draw(f"in/box/{number}.png") for number in (10, 9, 1)]
    source = Files([tmp_path / "in"], document="folder")
    assert source.joins_files
    assert {source.group_of(path) for path in files} == {tmp_path / "in/box"}
    assert documents(source, *files) == {"box": ["1.png", "9.png", "10.png"]}


def test_object_storage_cannot_be_watched() -> None:
    assert not Files(["s3://bucket/in"]).watched_paths()
