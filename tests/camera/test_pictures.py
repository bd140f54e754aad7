"""Measurements of pictures, and whether two show the same page."""

from __future__ import annotations

from dataclasses import replace

import cv2
import numpy as np
import pytest

from camera import footage
from camera.footage import PAGES, Shot, picture
from penstock_plugins.sources.camera.page_detection import MOVED, TOO_BLURRED
from penstock_plugins.sources.camera.page_matching import same_page
from penstock_plugins.sources.camera.view import View

pytestmark = pytest.mark.usefixtures("one_thread")


def view(shot: Shot, number: int = 1) -> View:
    return View.of(picture(shot, number))


@pytest.mark.parametrize("page", PAGES)
def test_blur_by_focus_and_movement_is_detected(page):
    assert view(Shot(page)).blur() < TOO_BLURRED
    assert view(Shot(page, light=0.6)).blur() < TOO_BLURRED
    for blurred in (Shot(page, blur=2), Shot(page, blur=4), Shot(page, blur=9), Shot(page, smear=11)):
        blur = view(blurred).blur()
        assert blur is None or blur > TOO_BLURRED, (blurred, blur)


def test_blur_is_unknown_without_ink():
    assert View.of(np.full((480, 640), 200, np.uint8)).blur() is None
    noise = np.random.default_rng(0).normal(128, 8, (480, 640)).clip(0, 255).astype(np.uint8)
    assert View.of(noise).blur() is None
    assert view(Shot()).blur() is None


@pytest.mark.parametrize("page", PAGES)
def test_flicker_and_noise_are_not_movement(page):
    lying = view(Shot(page))
    assert lying.changed(view(Shot(page, light=0.8, band=0.08), 5)) < MOVED
    assert lying.changed(view(Shot(page, light=1.15), 3)) < MOVED
    assert lying.changed(view(Shot(page, hand=0.1), 2)) > MOVED
    assert lying.changed(view(Shot(page, at=(0.508, 0.5)), 2)) > MOVED


def test_pictures_of_another_size_have_changed():
    assert view(Shot(PAGES[0])).changed(View.of(np.zeros((100, 300, 3), np.uint8))) == 1.0
    assert not same_page(np.zeros((480, 640), np.uint8), np.zeros((640, 480), np.uint8))


@pytest.mark.parametrize("page", PAGES)
@pytest.mark.parametrize("tall", [0.92, 0.45])
def test_a_moved_page_is_the_same_page(page, tall):
    lay = Shot(page, tall=tall)
    lying = view(lay).fine
    for pushed in (
        replace(lay, at=(0.515, 0.485), turn=2.5),
        replace(lay, at=(0.55, 0.47), turn=-6),
        replace(lay, at=(0.46, 0.52), turn=9),
        replace(lay, light=0.8, band=0.08, blur=1),
    ):
        assert same_page(lying, view(pushed, 4).fine), pushed


@pytest.mark.parametrize("page", PAGES)
@pytest.mark.parametrize("tall", [0.92, 0.45])
def test_another_page_in_the_same_place_is_detected(page, tall):
    lying = view(Shot(page, tall=tall)).fine
    for other in PAGES:
        assert same_page(lying, view(Shot(other, tall=tall), 3).fine) == (other == page)


def form(words: np.ndarray) -> np.ndarray:
    """Return a printed form with handwriting in its fields."""
    page = np.full((1100, 800, 3), 250, np.uint8)
    for row in range(8):
        y = 100 + 120 * row
        cv2.putText(page, f"{row + 1}. Name, place and date", (40, y), cv2.FONT_HERSHEY_SIMPLEX, 0.7, 0, 2)
        cv2.line(page, (40, y + 70), (760, y + 70), 0, 2)
    for row in (1, 4):
        field = np.s_[100 + 120 * row + 8 : 100 + 120 * row + 66, 60:560]
        page[field] = words[50 * row : 50 * row + 58, 50:550]
    return page


def test_the_same_form_with_other_entries_is_another_page():
    one, other = (View.of(form(footage.scan(name))).fine for name in PAGES[:2])
    assert same_page(one, one)
    assert not same_page(one, other)


def test_a_hand_is_ignored():
    lying, covered = view(Shot(PAGES[0])), view(Shot(PAGES[0], hand=0.95))
    assert covered.skin.mean() > 0.05
    assert not lying.skin.any()
    assert same_page(lying.fine, covered.fine, ignored=covered.skin)
