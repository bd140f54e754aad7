"""The files source: what it finds, in which order, and what it says of the rest."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from penstock.model import Document, Problem
from penstock_plugins.sources.files import Files
from penstock_plugins.sources.files.walking import natural_key


def found(*paths: Path, **options):
    return list(Files(tuple(paths), **options).find_documents())


def names(items) -> list[str]:
    return [item.name for item in items if isinstance(item, Document)]


def test_a_folder_is_walked_in_natural_order_with_all_below_it(draw, tmp_path):
    for name in ("box/page10.png", "box/page2.png", "box/Page1.png", "box/b/x.jpg", "box/.hidden.png"):
        draw(name)
    (tmp_path / "box/notes.txt").write_text("x")
    items = found(tmp_path / "box")
    assert names(items) == ["x", "Page1", "page2", "page10"]
    assert [item.folder for item in items] == ["b", "", "", ""]
    assert items[1].beside == tmp_path / "box"


def test_natural_order_is_total():
    paths = [Path(name) for name in ("a10", "a2", "A2", "a02", "b", "a", "1", "²", "a1b2", "a1b10")]
    assert [str(path) for path in sorted(paths, key=natural_key)][:4] == ["1", "a", "a1b2", "a1b10"]
    assert len({natural_key(path) for path in paths}) == len(paths)


def test_globs_are_relative_and_may_cross_folders(draw, tmp_path):
    for name in ("scans/1/a.jpg", "scans/2/b.jpg", "scans/2/c.png"):
        draw(name)
    items = found(tmp_path / "scans/**/*.jpg")
    assert names(items) == ["a", "b"]
    assert [item.folder for item in items] == ["1", "2"]


def test_a_file_with_brackets_in_its_name_is_no_glob(draw, tmp_path):
    picture = draw("a[1].png")
    assert names(found(picture)) == ["a[1]"]


def test_a_file_that_is_named_twice_is_read_once(draw, tmp_path):
    picture = draw("box/a.png")
    assert names(found(picture, tmp_path / "box", picture)) == ["a"]


def test_files_of_a_folder_become_one_document(draw, tmp_path):
    for name in ("top/one/1.png", "top/one/2.png", "top/two/1.png"):
        draw(name)
    items = found(tmp_path / "top", document="folder")
    assert names(items) == ["one", "two"]
    assert [page.number for page in items[0].pages] == [1, 2]


def test_everything_becomes_one_document_and_a_bad_file_keeps_its_place(draw, tmp_path):
    draw("1.png")
    (tmp_path / "2.png").write_text("not a picture")
    draw("3.png")
    (item,) = found(tmp_path, document="all", document_name="diary")
    pages = list(item.pages)
    assert item.name == "diary"
    assert isinstance(pages[1], Problem)
    assert (pages[0].number, pages[2].number) == (1, 3)


def test_a_wrong_ending_does_not_matter_for_a_file_that_is_named(draw, tmp_path):
    picture = draw("a.png")
    picture.rename(tmp_path / "a.data")
    (item,) = found(tmp_path / "a.data")
    assert next(iter(item.pages)).width == 120


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("nothere.png", "there is no such file or folder"),
        ("empty", "there are no pictures in this folder"),
        ("*.png", "matches no file"),
    ],
)
def test_what_cannot_be_had_is_a_problem_with_a_way_out(tmp_path, name, said):
    (tmp_path / "empty").mkdir()
    (problem,) = found(tmp_path / name)
    assert isinstance(problem, Problem)
    assert said in problem.why
    assert problem.hint


def test_no_paths_are_refused():
    with pytest.raises(ValueError, match="names nothing"):
        Files(())


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="named pipes")
@pytest.mark.parametrize("name", ["", "pipe.png", "*.png"])
def test_a_named_pipe_is_no_regular_file_and_is_not_waited_for(tmp_path, draw, name):
    draw("box/a.png")
    os.mkfifo(tmp_path / "box/pipe.png")
    items = found(tmp_path / "box" / name, tmp_path / "box/a.png")
    (problem,) = [item for item in items if isinstance(item, Problem)]
    assert problem.why == "is no regular file"
    assert problem.hint
    assert names(items) == ["a"]


@pytest.mark.parametrize("document", ["file", "folder", "all"])
@pytest.mark.parametrize("odd", ["loop.png", "x" * 300 + ".png", "**.png", "loops"])
def test_one_odd_path_is_a_problem_and_the_paths_after_it_are_read(tmp_path, draw, odd, document):
    draw("scans/a.png")
    (tmp_path / "loop.png").symlink_to(tmp_path / "loop.png")
    (tmp_path / "loops").mkdir()
    (tmp_path / "loops/1.png").symlink_to(tmp_path / "loops/1.png")
    problems, pages = [], []
    for item in found(tmp_path / odd, tmp_path / "scans", document=document):
        for part in [item] if isinstance(item, Problem) else item.pages:
            (problems if isinstance(part, Problem) else pages).append(part)
    assert len(pages) == 1
    assert len(problems) == 1
    assert problems[0].hint


@pytest.mark.skipif(os.name != "posix" or os.geteuid() == 0, reason="nothing is forbidden to root")
@pytest.mark.parametrize("rights", [0o000, 0o444])
def test_a_folder_that_cannot_be_entered_is_a_problem(tmp_path, draw, rights):
    draw("shut/a.png")
    draw("open/b.png")
    (tmp_path / "shut").chmod(rights)
    try:
        items = found(tmp_path / "shut", tmp_path / "shut/a.png", tmp_path / "shut/*.png", tmp_path / "open")
    finally:
        (tmp_path / "shut").chmod(0o755)
    assert names(items) == ["b"]
    assert all(item.hint for item in items if isinstance(item, Problem))
    assert len(items) == 4
