"""Rotate pages, and map quads back."""

from __future__ import annotations

import numpy as np
import pytest

from penstock_plugins.recognizers.rapidocr.orientation import along_text, is_tall, rotated, rotated_back


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
