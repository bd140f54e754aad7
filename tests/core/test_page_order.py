"""The pages of a document made of several files are in the order that people mean."""

import random
from pathlib import Path

import pytest

from penstock.spool import Spool
from penstock_plugins.sources.files import Files
from penstock_plugins.sources.files.page_order import in_page_order

NATURAL = [f"page{number}.png" for number in range(1, 13)]


def ordered(*names):
    paths = [Path("scans", name) for name in names]
    return [path.relative_to("scans").as_posix() for path in in_page_order(paths)]


@pytest.mark.parametrize(
    "natural",
    [
        NATURAL,
        ["1.jpg", "2.jpg", "10.jpg", "11.jpg"],
        ["IMG 9.JPG", "IMG 10.JPG", "IMG 10b.JPG", "IMG 100.JPG"],
        ["letter 1/page 9.jpg", "letter 1/page 10.jpg", "letter 2/page 1.jpg", "letter 10/page 1.jpg"],
        ["a9-1.png", "a10-1.png", "a10-2.png", "a10-10.png"],
    ],
)
@pytest.mark.parametrize(
    "rule", [str, str.casefold, lambda name: "".join(filter(str.isalnum, name)).casefold()]
)
def test_names_as_a_shell_sorts_them_are_put_into_natural_order(natural, rule):
    given = sorted(natural, key=rule)
    assert given != natural
    assert ordered(*given) == natural


def test_mixed_case_is_sorted_as_shells_do_in_most_languages():
    assert ordered("page1.png", "Page10.png", "page2.png") == ["page1.png", "page2.png", "Page10.png"]


def test_each_pattern_among_other_names_is_put_into_natural_order():
    below = ["b/page1.png", "b/page2.png", "b/page10.png"]
    given = ["title.png", *sorted(NATURAL), "note2.png", "back.png", *sorted(below)]
    expected = ["title.png", *NATURAL, "note2.png", "back.png", *below]
    assert ordered(*given) == expected


@pytest.mark.parametrize(
    "given",
    [
        NATURAL,
        NATURAL[::-1],
        sorted(NATURAL)[::-1],
        [*NATURAL[1:], "page1.png"],
        ["page9.png", "page10.png", "page1.png", "page2.png"],
        random.Random(0).sample(NATURAL, 12),
        ["title.png", "page1.png", "back.png"],
        ["only.png"],
    ],
)
def test_any_other_order_is_kept(given):
    assert ordered(*given) == given


def merged(paths, said):
    (document,) = Files(paths, document="all", document_name="diary").find_documents(
        said.append, Spool("/nowhere")
    )
    return [Path(page.origin).name for page in document.pages]


def test_a_merged_document_says_its_order(draw, tmp_path):
    paths = [draw(name) for name in sorted(NATURAL)]
    shown = [str(tmp_path / name) for name in NATURAL]
    said = []

    assert merged(paths, said) == NATURAL
    first, end = said
    assert first == f"12 files, ordered by number: {', '.join(shown[:3])} … {shown[-1]}"
    assert end == ""


def test_a_merged_document_of_a_kept_order_says_it_too(draw, tmp_path):
    paths = [draw("b.png"), draw("a.png")]
    said = []

    assert merged(paths, said) == ["b.png", "a.png"]
    assert said[0] == f"2 files, in this order: {tmp_path / 'b.png'}, {tmp_path / 'a.png'}"


def test_a_document_of_one_file_says_no_order(draw):
    said = []
    merged([draw("a.png")], said)
    assert not any(said)


def test_the_document_of_a_folder_has_its_named_files_in_natural_order(draw):
    paths = [draw(name) for name in sorted(NATURAL)]
    (document,) = Files(paths, document="folder").find_documents(lambda text: None, Spool("/nowhere"))
    assert [Path(page.origin).name for page in document.pages] == NATURAL
