"""Pages turned, and places turned back."""

from __future__ import annotations

import numpy as np
import pytest

from penstock_plugins.recognizers.rapidocr.turning import along, is_tall, turned, turned_back


@pytest.mark.parametrize("quarters", [0, 1, 2, 3])
def test_a_place_in_the_turned_picture_is_the_same_ink_in_the_page(quarters: int) -> None:
    height, width = 20, 30
    page = np.zeros((height, width, 3), dtype=np.uint8)
    page[4, 7] = 255
    rows, columns = np.nonzero(turned(page, quarters)[:, :, 0])
    middle = np.full((1, 4, 2), (columns[0] + 0.5, rows[0] + 0.5))
    assert turned_back(middle, quarters, width, height)[0, 0] == pytest.approx((7.5, 4.5))


def test_a_tall_quad_starts_where_a_line_that_runs_down_does() -> None:
    tall = np.array([[10, 10], [20, 10], [20, 90], [10, 90]], dtype=float)
    wide = np.array([[10, 10], [90, 10], [90, 20], [10, 20]], dtype=float)
    assert is_tall(np.array([tall, wide])).tolist() == [True, False]
    assert along(tall)[0].tolist() == [20, 10]
    assert along(wide).tolist() == wide.tolist()
