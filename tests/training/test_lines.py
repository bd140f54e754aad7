"""Preparing lines for the training of the recognition network."""

from __future__ import annotations

import json
import random
import shutil
import zipfile
from pathlib import Path

import numpy as np
import pytest
import reportlab
from hypothesis import given, settings
from hypothesis import strategies as st
from training.augmentation import augmented, plain
from training.lines import HEIGHT, LineSet, read_sets, steps_needed, steps_of

from training import drawing, prepare

LINES = Path(__file__).parents[1] / "data" / "hands" / "catt-letter.zip"


def test_a_set_gives_its_lines_and_pictures() -> None:
    lines = LineSet(LINES)
    assert lines.lines[0].text == "I do not think I could"
    picture = lines.picture(lines.lines[0])
    assert (picture.ndim, picture.shape[0]) == (2, HEIGHT)


def test_lines_that_the_network_cannot_write_are_left_out(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "set.zip", "w") as archive:
        archive.writestr(
            "lines.tsv", "0.webp\tcaf\u00e9 \u017fo\tp1\n1.webp\t\u4f60\u597d\tp1\n2.webp\t \tp1\n"
        )
    assert [line.text for line in LineSet(tmp_path / "set.zip").lines] == ["caf\u00e9 so"]


def test_a_folder_without_sets_is_refused(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError, match="holds no zip files"):
        read_sets(tmp_path)


@given(st.text(alphabet="ab ", max_size=20))
def test_equal_letters_need_a_step_between_them(text: str) -> None:
    shortest = sum(2 if text[index] == text[index - 1] else 1 for index in range(1, len(text)))
    assert steps_needed(text) == shortest + bool(text)


def test_steps_are_four_pixels() -> None:
    assert [steps_of(width) for width in (1, 4, 5, 320)] == [1, 1, 2, 80]


@settings(deadline=None, max_examples=40)
@given(st.integers(0, 10_000), st.integers(8, 700))
def test_variants_are_pictures_of_the_networks_height(seed: int, width: int) -> None:
    grey = np.random.default_rng(seed).integers(0, 255, (HEIGHT, width), np.uint8)
    variant = augmented(grey, random.Random(seed))
    assert variant.dtype == np.uint8
    assert variant.shape[0] == HEIGHT
    assert variant.shape[2] == 3
    assert 0.4 * width <= variant.shape[1] <= 2.5 * max(width, 16)


def test_variants_depend_on_the_seed_alone() -> None:
    lines = LineSet(LINES)
    picture = lines.picture(lines.lines[0])
    first, second, other = (augmented(picture, random.Random(seed)) for seed in (1, 1, 2))
    assert np.array_equal(first, second)
    assert not np.array_equal(first, other)


def test_a_line_as_it_is() -> None:
    grey = np.full((HEIGHT, 100), 7, np.uint8)
    assert plain(grey).shape == (HEIGHT, 100, 3)


def test_pages_are_held_out_whole_and_every_line_goes_somewhere(tmp_path: Path) -> None:
    source = tmp_path / "set.zip"
    with zipfile.ZipFile(source, "w") as archive:
        rows = [(f"{number}.webp", "text", f"page{number // 4}") for number in range(800)]
        for file, _, _ in rows:
            archive.writestr(file, b"")
        archive.writestr("lines.tsv", "".join("\t".join(row) + "\n" for row in rows))
    for split in ("train", "calibration"):
        (tmp_path / split).mkdir()
    prepare.split_pages(LineSet(source), tmp_path)
    pages = [
        {line.page for line in LineSet(tmp_path / split / "set.zip").lines}
        for split in ("train", "calibration")
    ]
    assert not pages[0] & pages[1]
    assert len(pages[0] | pages[1]) == 200
    assert 1 <= len(pages[1]) <= 20


@pytest.fixture
def fonts(tmp_path: Path) -> Path:
    """One script font and one under another licence, as npm packages hold them."""
    for name, licence in (("vera-script", "OFL-1.1"), ("closed", "proprietary")):
        files = tmp_path / name / "files"
        files.mkdir(parents=True)
        shutil.copy(
            Path(reportlab.__file__).parent / "fonts" / "Vera.ttf", files / f"{name}-latin-400-normal.woff2"
        )
        facts = {"category": "handwriting", "license": {"type": licence}}
        (tmp_path / name / "metadata.json").write_text(json.dumps(facts))
    return tmp_path


def test_lines_are_drawn_in_fonts_of_an_open_licence(fonts: Path) -> None:
    (font,) = drawing.fonts_in(fonts, script=True)
    assert font.file.parent.parent.name == "vera-script"
    assert drawing.fonts_in(fonts, script=False) == []
    picture = drawing.drawn_line(font, "Dear Sir,", random.Random(1))
    assert picture.shape[0] == HEIGHT
    assert picture.min() < 100 < picture.max()
    assert drawing.drawn_line(font, "\u0141", random.Random(1)) is None or "\u0141" in font.characters
    assert drawing.drawn_line(font, "\u4f60", random.Random(1)) is None
