"""The files source: what it finds, in which order, and which problems it reports."""

from __future__ import annotations

import os
import shutil
import tempfile
import tracemalloc
import unicodedata
from contextlib import contextmanager
from pathlib import Path

import pytest
from PIL import Image

from penstock.model import Document, Problem
from penstock.spool import Spool
from penstock_plugins.sources.files import Files
from penstock_plugins.sources.files.walking import natural_key


def found(*paths: Path, show_status=lambda text: None, **options):
    return list(Files(paths, **options).find_documents(show_status, Spool("/nowhere")))


def names(items) -> list[str]:
    return [item.name for item in items if isinstance(item, Document)]


def test_a_folder_is_walked_in_natural_order_with_subfolders(draw, tmp_path):
    for name in ("box/page10.png", "box/page2.png", "box/Page1.png", "box/b/x.jpg", "box/.hidden.png"):
        draw(name)
    (tmp_path / "box/notes.txt").write_text("x")
    items = found(tmp_path / "box")
    assert names(items) == ["x", "Page1", "page2", "page10"]
    assert [item.folder for item in items] == ["b", "", "", ""]
    assert items[1].beside == tmp_path / "box"


def test_natural_keys_are_unique():
    paths = [Path(name) for name in ("a10", "a2", "A2", "a02", "b", "a", "1", "²", "a1b2", "a1b10")]
    assert [str(path) for path in sorted(paths, key=natural_key)][:4] == ["1", "a", "a1b2", "a1b10"]
    assert len({natural_key(path) for path in paths}) == len(paths)


def test_a_large_folder_takes_little_memory(tmp_path):
    for folder, count in (("small", 1), ("large", 500)):
        (tmp_path / folder).mkdir()
        for number in range(count):
            (tmp_path / folder / f"{number}.jpg").touch()
    found(tmp_path / "small")  # imports what it needs

    tracemalloc.start()
    documents = Files((tmp_path / "large",)).find_documents(print, Spool("/nowhere"))
    assert sum(1 for _ in documents) == 500
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()

    assert peak / 500 < 700  # bytes a file


def test_pictures_that_differ_in_their_suffix_are_named_with_it(draw, tmp_path):
    for name in ("box/a.jpg", "box/a.png", "box/b.jpg", "box/c/a.jpg", "box/a-1.jpg"):
        draw(name)
    said: list[str] = []
    assert names(found(tmp_path / "box", show_status=said.append)) == ["a-1", "a.jpg", "a.png", "b", "a"]
    assert said == ["outputs are named a.jpg.pdf and so on: 2 files differ in the suffix only"]
    assert names(found(tmp_path / "box/a.*", tmp_path / "box/b.jpg")) == ["a.jpg", "a.png", "b"]
    assert names(found(*(tmp_path / f"box/{name}" for name in ("a.jpg", "b.jpg", "a.png")))) == [
        "a.jpg",
        "b",
        "a.png",
    ]
    assert names(found(tmp_path / "box/a.jpg")) == ["a"]


def test_a_pdf_beside_a_picture_does_not_change_its_name(draw, tmp_path):
    """It may be the output that was made from the picture."""
    draw("box/a.jpg")
    (tmp_path / "box/a.pdf").write_bytes(b"%PDF-1.4")
    assert "a" in names(found(tmp_path / "box"))


def test_a_glob_may_cross_folders(draw, tmp_path):
    for name in ("scans/1/a.jpg", "scans/2/b.jpg", "scans/2/c.png"):
        draw(name)
    items = found(tmp_path / "scans/**/*.jpg")
    assert names(items) == ["a", "b"]
    assert [item.folder for item in items] == ["1", "2"]


def test_an_existing_file_with_brackets_is_not_a_glob(draw, tmp_path):
    picture = draw("a[1].png")
    assert names(found(picture)) == ["a[1]"]


def test_a_file_given_twice_is_read_once(draw, tmp_path):
    picture = draw("box/a.png")
    assert names(found(picture, tmp_path / "box", picture)) == ["a"]


def test_the_files_of_a_folder_become_one_document(draw, tmp_path):
    for name in ("top/one/1.png", "top/one/2.png", "top/two/1.png"):
        draw(name)
    items = found(tmp_path / "top", document="folder")
    assert names(items) == ["one", "two"]
    assert [page.number for page in items[0].pages] == [1, 2]


def test_all_files_become_one_document_with_problems_in_place(draw, tmp_path):
    draw("1.png")
    (tmp_path / "2.png").write_text("not a picture")
    draw("3.png")
    (item,) = found(tmp_path, document="all", document_name="diary")
    pages = list(item.pages)
    assert item.name == "diary"
    assert isinstance(pages[1], Problem)
    assert (pages[0].number, pages[2].number) == (1, 3)


def test_a_named_file_is_read_whatever_its_suffix(draw, tmp_path):
    picture = draw("a.png")
    picture.rename(tmp_path / "a.data")
    (item,) = found(tmp_path / "a.data")
    assert next(iter(item.pages)).width == 120


@pytest.mark.parametrize(
    ("name", "why"),
    [
        ("nothere.png", "there is no such file or folder"),
        ("empty", "there are no pictures in this folder"),
        ("*.png", "matches no file"),
    ],
)
def test_a_path_without_pictures_is_a_problem_with_a_hint(tmp_path, name, why):
    (tmp_path / "empty").mkdir()
    (problem,) = found(tmp_path / name)
    assert isinstance(problem, Problem)
    assert why in problem.why
    assert problem.hint


def test_an_empty_list_of_paths_is_refused():
    with pytest.raises(ValueError, match="paths is empty"):
        Files(())


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="named pipes")
@pytest.mark.parametrize("name", ["", "pipe.png", "*.png"])
def test_a_named_pipe_is_a_problem(tmp_path, draw, name):
    draw("box/a.png")
    os.mkfifo(tmp_path / "box/pipe.png")
    items = found(tmp_path / "box" / name, tmp_path / "box/a.png")
    (problem,) = [item for item in items if isinstance(item, Problem)]
    assert problem.why == "is not a regular file"
    assert problem.hint
    assert names(items) == ["a"]


@pytest.mark.parametrize("document", ["file", "folder", "all"])
@pytest.mark.parametrize("odd", ["loop.png", "x" * 300 + ".png", "**.png", "loops"])
def test_an_unusual_path_does_not_affect_the_others(tmp_path, draw, odd, document):
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


UNPRIVILEGED = 65_534


@contextmanager
def unprivileged():
    """Act as a user without root's access to everything."""
    is_root = os.geteuid() == 0
    try:
        if is_root:
            os.seteuid(UNPRIVILEGED)
        yield
    finally:
        if is_root:
            os.seteuid(0)


@pytest.fixture
def forbidden():
    """A folder with two others: a test takes away the permissions of one of them."""
    top = Path(tempfile.mkdtemp())
    top.chmod(0o755)
    for name in ("shut/a.png", "open/b.png"):
        (top / name).parent.mkdir()
        Image.new("L", (9, 9)).save(top / name)
    yield top
    (top / "shut").chmod(0o755)
    shutil.rmtree(top)


@pytest.mark.skipif(os.name != "posix", reason="POSIX permissions")
@pytest.mark.parametrize("rights", [0o000, 0o444])
def test_a_folder_that_cannot_be_entered_is_a_problem(forbidden, rights):
    (forbidden / "shut").chmod(rights)
    shut = forbidden / "shut"
    with unprivileged():
        items = found(shut, shut / "a.png", shut / "*.png", forbidden / "open")
    assert names(items) == ["b"]
    assert all(item.hint for item in items if isinstance(item, Problem))
    assert len(items) >= 2


@pytest.mark.skipif(os.name != "posix", reason="POSIX permissions")
@pytest.mark.parametrize("ways", [[""], ["**/*.png"], ["", "**/*.png", "*/*.png", "shut"]])
def test_a_folder_that_cannot_be_listed_is_reported_once(forbidden, ways):
    (forbidden / "shut").chmod(0)
    with unprivileged():
        items = found(*(forbidden / way for way in ways))
        assert names(items) == ["b"]
        (problem,) = [item for item in items if isinstance(item, Problem)]
    assert problem.what.endswith("shut")
    assert problem.why == "the folder cannot be listed (Permission denied)"


def test_links_are_followed_but_not_in_loops(draw, tmp_path):
    draw("top/a.png")
    draw("top/deep/b.png")
    draw("other/c.png")
    (tmp_path / "top/deep/up").symlink_to(tmp_path / "top")
    (tmp_path / "top/self").symlink_to(".")
    (tmp_path / "top/other").symlink_to(tmp_path / "other")
    (tmp_path / "top/again").symlink_to(tmp_path / "other")
    (tmp_path / "top/z.png").symlink_to("a.png")
    (tmp_path / "top/gone.png").symlink_to("nothing.png")
    for way in ("top", "top/**/*.png"):
        items = found(tmp_path / way)
        assert sorted(names(items)) == ["a", "b", "c", "z"]
        (problem,) = [item for item in items if isinstance(item, Problem)]
        assert problem.why == "is a link to a missing file"


def test_a_file_reached_through_links_is_read_once(draw, tmp_path):
    draw("real/a.png")
    (tmp_path / "link").symlink_to("real")
    assert names(found(tmp_path / "real", tmp_path / "link", tmp_path / "*/a.png")) == ["a"]


def test_each_hard_link_is_a_document(draw, tmp_path):
    picture = draw("box/a.png")
    os.link(picture, tmp_path / "box/b.png")
    assert names(found(tmp_path / "box")) == ["a", "b"]


def test_names_may_be_any_bytes(draw, tmp_path):
    picture = draw("box/a.png")
    odd = [b"\xff\xfe.png", b"new\nline.png", b" .png", b"-x.png", b"$HOME.png", b"~a.png", b"[x]*.png"]
    for name in odd:
        shutil.copy(picture, os.fsencode(tmp_path / "box") + b"/" + name)
    for way in ("box", "box/*.png", "box/**"):
        items = found(tmp_path / way)
        assert {os.fsencode(item.name + ".png") for item in items} == {*odd, b"a.png"}
        assert all(next(iter(item.pages)).width == 120 for item in items)
    assert names(found(tmp_path / "box/[x]*.png")) == ["[x]*"]


@pytest.mark.parametrize("form", ["NFC", "NFD"])
def test_patterns_match_both_unicode_forms_of_a_name(draw, tmp_path, form):
    for written in ("NFC", "NFD"):
        draw(f"{written}/{unicodedata.normalize(written, 'Übung é.png')}")
    pattern = unicodedata.normalize(form, "Ü*é.png")
    assert len(found(tmp_path / "*" / pattern)) == 2
    assert len(found(tmp_path, include=(pattern,))) == 2
    assert found(tmp_path, exclude=(pattern,))[0].why == "include and exclude select nothing in it"


def test_names_that_differ_only_in_case_or_form_have_a_fixed_order(draw, tmp_path):
    forms = [unicodedata.normalize(form, "é") for form in ("NFC", "NFD")]
    for name in ("B", "b", "a", *forms):
        draw(f"box/{name}.png")
    first = names(found(tmp_path / "box"))
    assert first == names(found(tmp_path / "box/*.png"))
    assert first == ["a", "B", "b", forms[1], forms[0]]


@pytest.mark.parametrize(
    ("include", "exclude", "wanted"),
    [
        ((), (), "1 2 3 4 5"),
        (("*.jpg",), (), "1 3"),
        (("letters",), (), "2 3 4"),
        (("letters/",), (), "2 3 4"),
        (("letters/*",), (), "2 3 4"),
        (("letters/*.png",), (), "2"),
        (("letters/**/*.png",), (), "2 4"),
        (("/*.jpg",), (), "1"),
        (("**/drafts/**",), (), "4"),
        (("[2-3].*", "5.pn?"), (), "2 3 5"),
        (("[!1-4].*",), (), "5"),
        ((), ("drafts",), "1 2 3 5"),
        ((), ("letters/drafts", "*.jpg"), "2 5"),
        (("letters",), ("drafts/",), "2 3"),
        (("*.JPG",), (), ""),
    ],
)
def test_include_and_exclude_select_files_of_a_folder(draw, tmp_path, include, exclude, wanted):
    for name in ("1.jpg", "letters/2.png", "letters/3.jpg", "letters/drafts/4.png", "x/5.png"):
        draw(f"box/{name}")
    for way in ("box", "box/**/*"):
        items = found(tmp_path / way, include=include, exclude=exclude)
        assert sorted(names(items)) == wanted.split()
        if not wanted:
            assert items[0].hint == "check these patterns"


def test_a_named_file_is_read_although_excluded(draw, tmp_path):
    assert names(found(draw("a.png"), exclude=("*",))) == ["a"]


def test_an_unused_exclude_pattern_is_shown(draw, tmp_path):
    for name in ("b/2019/old.png", "b/2020/new.png", "b/2020/torn.png"):
        draw(name)
    shown: list[str] = []
    excluded = ("b/2019", "2019", "20??/torn.png", "*n.png")
    assert names(found(tmp_path / "b", exclude=excluded, show_status=shown.append)) == ["new"]
    assert shown == ["exclude 'b/2019' matches nothing: patterns apply below the given folders"]


def test_a_pattern_may_be_anchored_at_the_given_folder(draw, tmp_path):
    draw("b/2019/old.png")
    draw("b/deep/2019/other.png")
    assert names(found(tmp_path / "b", exclude=("./2019",))) == ["other"]
    assert names(found(tmp_path / "b", include=("./2019/*.png",))) == ["old"]


def test_an_excluded_folder_is_not_entered(draw, tmp_path):
    draw("box/a.png")
    (tmp_path / "box/drafts").mkdir()
    (tmp_path / "box/drafts/gone.png").symlink_to("nothing")
    assert names(found(tmp_path / "box", exclude=("drafts",))) == ["a"]
    assert len(found(tmp_path / "box")) == 2


@pytest.mark.parametrize("pattern", ["", "/", "[z-a]"])
def test_an_invalid_pattern_is_refused(tmp_path, pattern):
    for option in ("include", "exclude"):
        with pytest.raises(ValueError, match="pattern"):
            Files((tmp_path,), **{option: (pattern,)})


def test_globs_skip_hidden_names_as_shells_do(draw, tmp_path):
    for name in ("a.png", "._a.png", ".trash/b.png", "c/.hidden.png"):
        draw(f"box/{name}")
    assert names(found(tmp_path / "box/**/*.png")) == ["a"]
    assert names(found(tmp_path / "box/.*/*.png")) == ["b"]


def test_an_existing_folder_with_brackets_is_not_a_glob(draw, tmp_path):
    draw("[2019]/a.png")
    assert names(found(tmp_path / "[2019]/*.png")) == ["a"]
    assert found(tmp_path / "nothere/*.png")[0].why == "there is no such folder"


@pytest.mark.parametrize("ending", ["HEIC", "heif", "hif", "avif", "jp2", "JPF", "j2k", "mpo", "apng"])
def test_formats_of_phones_and_archives_are_found_in_folders(tmp_path, ending):
    (tmp_path / f"a.{ending}").write_bytes(b"x")
    assert names(found(tmp_path)) == ["a"]


@pytest.mark.parametrize("form", [str, Path, lambda path: [str(path)], lambda path: (path,)])
def test_paths_may_be_text_and_a_single_path(draw, tmp_path, form):
    draw("scans/a.png")
    files = Files(form(tmp_path / "scans"))
    assert names(files.find_documents(lambda text: None, Spool("/nowhere"))) == ["a"]
    assert files.paths == (tmp_path / "scans",)
