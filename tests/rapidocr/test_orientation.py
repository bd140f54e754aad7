"""Rotate pages, and map quads back."""

from __future__ import annotations

import numpy as np
import pytest

from penstock_plugins.recognizers.rapidocr.models import Pixels, StripText
from penstock_plugins.recognizers.rapidocr.orientation import (
    along_text,
    is_tall,
    quarters_to_upright,
    rotated,
    rotated_back,
)


@pytest.mark.parametrize("quarters", [0, 1, 2, 3])
def test_rotated_back_maps_ink_to_the_page(quarters: int) -> None:
    height, width = 20, 30
    page = np.zeros((height, width, 3), dtype=np.uint8)
    page[4, 7] = 255
    rows, columns = np.nonzero(rotated(page, quarters)[:, :, 0])
    middle = np.full((1, 4, 2), (columns[0] + 0.5, rows[0] + 0.5))
    assert rotated_back(middle, quarters, width, height)[0, 0] == pytest.approx((7.5, 4.5))


def test_tall_quad_starts_where_a_line_down_starts() -> None:
    tall = np.array([[10, 10], [20, 10], [20, 90], [10, 90]], dtype=float)
    wide = np.array([[10, 10], [90, 10], [90, 20], [10, 20]], dtype=float)
    assert is_tall(np.array([tall, wide])).tolist() == [True, False]
    assert along_text(tall)[0].tolist() == [20, 10]
    assert along_text(wide).tolist() == wide.tolist()


class Reader:
    """Reads strips whose left half is dark with a confidence, and others with 0.45."""

    def __init__(self, confidence: float) -> None:
        self._confidence = confidence
        self.calls = 0

    def recognize(self, strip: Pixels) -> StripText:
        self.calls += 1
        half = strip.shape[1] // 2
        is_upright = strip[:, :half].mean() < strip[:, half:].mean()
        return StripText("x" * 12, (0.5,) * 12, (self._confidence if is_upright else 0.45,) * 12)


@pytest.mark.parametrize(
    ("confidence", "turned", "calls"),
    [(0.95, 0, 1), (0.95, 2, 2), (0.84, 0, 2), (0.84, 2, 2), (0.47, 0, 16), (0.6, 2, 6)],
)
def test_no_more_lines_are_recognized_than_tell_which_way_up_a_page_lies(confidence, turned, calls) -> None:
    page = np.full((400, 600, 3), 255, np.uint8)
    lines = np.array([[[20, top], [580, top], [580, top + 40], [20, top + 40]] for top in range(20, 380, 60)])
    for top in range(20, 380, 60):
        page[top : top + 40, 20:300] = 0
    reader = Reader(confidence)
    quads = lines.astype(float)
    assert quarters_to_upright(reader, rotated(page, turned), quads) == turned
    assert reader.calls == calls
