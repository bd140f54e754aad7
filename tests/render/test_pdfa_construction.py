"""PDFs of pictures are PDF/A by construction: the check is run only for what comes from elsewhere."""

import io
from dataclasses import replace

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from PIL import Image

import odd_pictures
from penstock.errors import PictureError
from penstock.images import find_pages
from penstock.model import Line, Page, Picture, Quad, Recognition, RecognizedPage, Word
from penstock.render import pdfa, pdfa_construction, write_searchable_pdf

pytest.importorskip("pikepdf.pdfa", reason="pip install 'pikepdf[pdfa]'")

SIDE = 64
WIDE = odd_pictures.wide_profile()


def save_pictures(folder):
    """Save a small picture of each kind that a PDF holds in a different way."""
    gray = Image.linear_gradient("L").resize((SIDE, SIDE))
    colours = Image.merge("RGB", (gray, gray.rotate(90), gray.rotate(180)))
    turned = Image.Exif()
    turned[odd_pictures.ORIENTATION] = 6
    gray.save(folder / "gray.jpg")
    colours.save(folder / "progressive.jpg", progressive=True, exif=turned)
    colours.save(folder / "names.jpg", keep_rgb=True)
    colours.save(folder / "profile.jpg", icc_profile=WIDE)
    gray.convert("1").save(folder / "bits.png")
    gray.quantize(4).save(folder / "palette.png", icc_profile=WIDE)
    colours.convert("RGBA").save(folder / "transparent.png")
    (folder / "deep.png").write_bytes(odd_pictures.deep_png(colours))
    gray.convert("1").save(folder / "fax.tif", compression="group4", tiffinfo={278: SIDE})
    colours.save(folder / "strips.tif", compression="jpeg", tiffinfo={278: 16})
    colours.save(folder / "lossless.webp", lossless=True)
    colours.save(folder / "lossy.webp")
    gray.save(folder / "gray.bmp")
    odd_pictures.save_heic(folder / "photo.heic", colours)
    return sorted(folder.iterdir())


@pytest.fixture(scope="module")
def found(tmp_path_factory):
    """Return a page of each picture."""
    paths = save_pictures(tmp_path_factory.mktemp("pictures"))
    return [page for path in paths for page in find_pages(path, path.name)]


places = st.one_of(st.floats(0, SIDE), st.floats(-1e6, 1e6))
points = st.tuples(places, places)
sides = st.floats(0, SIDE)
boxes = st.builds(
    lambda left, top, width, height: Quad.from_box(left, top, left + width, top + height),
    *[sides] * 4,
)
quads = st.one_of(boxes, st.tuples(*[points] * 4).map(Quad))
texts = st.one_of(
    st.text(max_size=12),
    st.text("abcäß ()\\é", max_size=12),
    st.text("אבגשלום 12", max_size=12),
    st.text("人生而自由", max_size=5),
)
words = st.builds(Word, texts, quads)
baselines = st.one_of(st.just(()), st.lists(points, min_size=2, max_size=4).map(tuple))
lines = st.builds(
    Line, texts, quads, st.lists(words, max_size=5).map(tuple), baseline=baselines, polygon=st.just(())
)
languages = st.one_of(st.none(), st.sampled_from(["en", "de-CH"]), texts)
recognitions = st.builds(Recognition, st.lists(lines, max_size=5).map(tuple), language=languages)
resolutions = st.one_of(st.none(), st.tuples(*[st.floats(0.01, 1e5)] * 2))
pages = st.tuples(st.integers(0, 1000), recognitions, resolutions, texts)
options = st.fixed_dictionaries(
    {
        "title": st.one_of(st.none(), texts),
        "author": st.one_of(st.none(), texts),
        "language": languages,
        "page_size": st.sampled_from(["a4", "letter"]),
        **dict.fromkeys(("rotate", "tagged", "strip_metadata", "debug"), st.booleans()),
    }
)


def document(found, drawn):
    """Make recognized pages of what hypothesis has drawn."""
    for number, (index, recognition, dpi, origin) in enumerate(drawn, start=1):
        page = found[index % len(found)]
        yield RecognizedPage(replace(page, number=number, dpi=dpi, origin=origin), recognition)


FAR_APART = Line(
    "אב גד",
    Quad.from_box(0, 10, SIDE, 10.001),
    (Word("אב", Quad.from_box(63, 10, SIDE, 10.001)), Word("גד", Quad.from_box(0, 10, 1, 10.001))),
)
"""A line whose matrix has numbers that Python writes with an exponent."""


@example([(0, Recognition((FAR_APART,)), (0.01, 0.01), "")], {})
@given(st.lists(pages, min_size=1, max_size=3), options)
@settings(max_examples=25)
def test_the_check_agrees_with_the_construction(found, drawn, chosen):
    target = io.BytesIO()

    result = write_searchable_pdf(document(found, drawn), target, pdfa=True, **chosen)

    assert result.is_pdfa
    assert pdfa.obstacles(target) == []


@pytest.fixture
def checked(monkeypatch):
    """Return the list of the files that the check is run on."""
    files, check = [], pdfa.obstacles
    monkeypatch.setattr(pdfa, "obstacles", lambda file, *rest: files.append(file) or check(file, *rest))
    pdfa_construction.is_accepted.cache_clear()
    return files


def written(path, text="word", **options):
    """Write a picture's page with one word, and return the file and the result."""
    (page,) = find_pages(path, path.name)
    word = Word(text, Quad.from_box(0, 0, SIDE, 9))
    target = io.BytesIO()
    recognized = RecognizedPage(page, Recognition((Line(text, word.quad, (word,)),)))
    return target, write_searchable_pdf([recognized], target, **options)


@pytest.fixture
def picture(tmp_path):
    """Return a function that saves a small picture."""

    def picture(name, **options):
        Image.new("RGB", (SIDE, SIDE), "red").save(tmp_path / name, **options)
        return tmp_path / name

    return picture


def test_a_pdf_of_a_plain_picture_is_not_checked(picture, checked):
    _, result = written(picture("a.jpg"), title="A letter", author="Ana", language="en")

    assert result.is_pdfa
    assert checked == []


def test_a_colour_profile_is_checked_once(picture, checked):
    path = picture("a.jpg", icc_profile=WIDE)

    target, result = written(path)
    _, second = written(path)

    assert result.is_pdfa
    assert second.is_pdfa
    assert len(checked) == 1
    assert pdfa.obstacles(target) == []


@pytest.mark.parametrize("limit", ["MOST_PROFILES", "MOST_WORDS", "MOST_BYTES"])
def test_a_pdf_beyond_a_limit_is_checked(picture, checked, monkeypatch, limit):
    monkeypatch.setattr(pdfa_construction, limit, 0)

    target, result = written(picture("a.jpg", icc_profile=WIDE))

    assert result.is_pdfa
    assert target in checked


def test_a_pdf_with_a_profile_that_the_check_refuses_is_checked_as_a_whole(picture, checked, monkeypatch):
    monkeypatch.setattr(pdfa_construction, "is_accepted", lambda profile: False)

    target, _ = written(picture("a.jpg", icc_profile=WIDE))

    assert checked == [target]


@pytest.mark.parametrize("where", ["picture", "word", "title"])
def test_what_the_check_refuses_is_not_claimed(picture, checked, where):
    path = picture("a.jp2" if where == "picture" else "a.jpg")
    long = "m" * 40_000
    options = {"title": long} if where == "title" else {}

    target, result = written(path, long if where == "word" else "word", **options)

    assert not result.is_pdfa
    assert checked == [target]
    assert b"pdfaid" not in target.getvalue()


def test_a_png_with_a_palette_that_a_pdf_cannot_hold_is_refused(tmp_path):
    path = tmp_path / "a.png"
    path.write_bytes(odd_pictures.palette_png(SIDE, 300))
    page = Page(1, path.name, Picture(path), SIDE, SIDE)

    with pytest.raises(PictureError):
        write_searchable_pdf([RecognizedPage(page, Recognition())], io.BytesIO())
