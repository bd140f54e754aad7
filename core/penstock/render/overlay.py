"""Draw a page with outlined lines and words, and beside it the recognized text in the same places."""

from __future__ import annotations

import statistics
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace

from PIL import Image, ImageDraw

from penstock.geometry import Homography, Quad
from penstock.images import open_upright
from penstock.model import Line, Point, Recognition, RecognizedPage, Word
from penstock.model.word_counts import LOW_CONFIDENCE, is_doubtful
from penstock.render.drawn_text import drawn_text, text_width
from penstock.render.overlay_legend import Entry, draw_legend
from penstock.render.scripts import is_cjk
from penstock.render.typefaces import named_scripts, runs_of

Color = tuple[int, int, int]

LINE_COLOR = (0, 90, 200)
WORD_COLOR = (0, 150, 90)
LOW_CONFIDENCE_COLOR = (215, 60, 30)
CORRECTED_COLOR = (140, 60, 190)
BASELINE_COLOR = (200, 110, 0)
TEXT_COLOR = (10, 20, 60)
GROUND = (255, 255, 255)
GUIDE_COLOR = (205, 220, 240)

SIZE_SHARE = 0.72
"""Largest type size as a share of the line's height."""
SIZES = (6, 200)
"""Smallest and largest type size in pixels."""
TALL = 1.5
"""Ratio of height to width from which on Chinese and Japanese run downwards in an upright quad."""


def draw_overlay(recognized: RecognizedPage, *, longest_side: int | None = None) -> Image.Image:
    """Draw a page beside its recognized text, for proof-reading.

    The left half is the page with outlined lines (blue) and words (green), by their polygons where these are
    known, and with the baselines (orange). The right half has the same layout on a white ground, with the
    text of each word where its ink is. Words of low confidence are red and words that were corrected by hand
    violet, in both halves. A legend below explains the colors and names the scripts for which no font is
    installed; their characters are shown as code points, such as ``[4E2A]``.

    Parameters
    ----------
    recognized
        The page and its recognition, in pixels of the page.
    longest_side
        Scale larger pages down so that neither side of a half has more pixels. None for the page's size.

    Returns
    -------
    PIL.Image.Image
        In mode "RGB", at least twice as wide as the page.

    Raises
    ------
    PictureError
        The page's picture is missing or damaged, or has changed since it was found.
    """
    page = recognized.page
    picture = open_upright(page, longest_side=longest_side).convert("RGB")
    scale = Homography.scaling(picture.width / page.width, picture.height / page.height)
    recognition = recognized.recognition.mapped(scale)
    text = _TextHalf(Image.new("RGB", picture.size, GROUND))
    _outline(text.half, recognition, guides=True)
    for line in recognition.lines:
        text.draw(line)
    _outline(picture, recognition)
    return _composed(picture, text, has_baselines=any(line.baseline for line in recognition.lines))


def _composed(picture: Image.Image, text: _TextHalf, *, has_baselines: bool) -> Image.Image:
    legend = draw_legend(
        [
            Entry("line", LINE_COLOR),
            Entry("word", WORD_COLOR),
            *([Entry("baseline", BASELINE_COLOR)] if has_baselines else []),
            Entry(f"confidence below {LOW_CONFIDENCE:g}, or doubtful", LOW_CONFIDENCE_COLOR),
            Entry("corrected by hand", CORRECTED_COLOR),
            *_missing_entry(text.missing),
        ],
        width=2 * picture.width,
    )
    width = max(2 * picture.width, legend.width)
    whole = Image.new("RGB", (width, picture.height + legend.height), GROUND)
    whole.paste(picture, (0, 0))
    whole.paste(text.half, (picture.width, 0))
    whole.paste(legend, (0, picture.height))
    ImageDraw.Draw(whole).line([(picture.width, 0), (picture.width, picture.height)], fill=GUIDE_COLOR)
    return whole


def _missing_entry(missing: Iterable[str]) -> list[Entry]:
    names = named_scripts(missing)
    if not names:
        return []
    return [Entry(f"[4E2A]: a character that no installed font has. Install a font for: {names}", None)]


def _outline(half: Image.Image, recognition: Recognition, *, guides: bool = False) -> None:
    pen = ImageDraw.Draw(half)
    width = max(1, round(max(half.size) / 900))
    for line in recognition.lines:
        if not guides:
            for word in line.words:
                _polygon(pen, word.polygon or word.quad.corners, _color(word, WORD_COLOR), width)
        _polygon(pen, line.polygon or line.quad.corners, GUIDE_COLOR if guides else LINE_COLOR, width)
        if line.baseline:
            pen.line(
                line.baseline, fill=GUIDE_COLOR if guides else BASELINE_COLOR, width=width, joint="curve"
            )


def _color(word: Word, otherwise: Color) -> Color:
    if word.corrected:
        return CORRECTED_COLOR
    return LOW_CONFIDENCE_COLOR if is_doubtful(word) else otherwise


def _polygon(pen: ImageDraw.ImageDraw, points: tuple[Point, ...], color: Color, width: int) -> None:
    pen.line([*points, points[0], points[1]], fill=color, width=width, joint="curve")


@dataclass(slots=True)
class _TextHalf:
    half: Image.Image
    missing: set[str] = field(default_factory=set)  # characters that no installed font has

    def draw(self, line: Line) -> None:
        """Draw a line's words in their places, or its whole text if it has no words."""
        words = [
            part
            for word in line.words or (Word(line.text, line.quad),)
            if word.text.strip()
            for part in _parts(word)
        ]
        if not words:
            return
        largest = min(SIZES[1], SIZE_SHARE * line.quad.height)
        fitting = [_fitting_size(word) for word in words]
        size = min(largest, statistics.median(fitting))
        for word, own in zip(words, fitting, strict=True):
            runs = runs_of(word.text)
            self.missing.update(*(run.missing for run in runs))
            label = drawn_text(runs, max(SIZES[0], int(min(size, own))))
            self._paste(label, word, _color(word, TEXT_COLOR))

    def _paste(self, label: Image.Image, word: Word, color: Color) -> None:
        """Paint with a mask, turned like the word and centered on it."""
        turned = label.rotate(-word.quad.angle, expand=True, resample=Image.Resampling.BICUBIC)
        x, y = word.quad.center
        place = (round(x - turned.width / 2), round(y - turned.height / 2))
        self.half.paste(color, (*place, place[0] + turned.width, place[1] + turned.height), turned)


def _parts(word: Word) -> Iterator[Word]:
    """Return a word, or its characters if it runs downwards in an upright quad."""
    quad, count = word.quad, len(word.text)
    if count < 2 or not is_cjk(word.text) or quad.height < TALL * quad.width:
        yield word
        return
    first, second, third, fourth = quad.corners
    transposed = Quad((first, fourth, third, second))
    for index, character in enumerate(word.text):
        first, fourth, third, second = transposed.part(index / count, (index + 1) / count).corners
        yield replace(word, text=character, quad=Quad((first, second, third, fourth)))


def _fitting_size(word: Word) -> float:
    """Return the type size at which a word is as wide as its quad."""
    trial = 40
    width = text_width(runs_of(word.text), trial)
    return trial * word.quad.width / width if width else trial
