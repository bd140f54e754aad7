"""When a page is taken, tested with scenes on a simulated clock."""

from __future__ import annotations

from dataclasses import replace

import pytest

from camera.footage import FPS, PAGES, Shot, moving, picture, short_sitting, still, turned_page
from penstock_plugins.sources.camera.page_detection import HANDS, PAGE, SHARP, STEADY, Interval, NewPages

pytestmark = pytest.mark.usefixtures("one_thread")

ONE, TWO = (Shot(page) for page in PAGES[:2])


def detected(shots, fps=FPS):
    """Return the shots that were taken, and the statuses, in order."""
    detector = NewPages()
    taken, statuses = [], []
    for number, shot in enumerate(shots):
        decision = detector.decide(picture(shot, number), number / fps)
        if decision.take:
            taken.append(shot)
        if decision.status and decision.status not in statuses[-1:]:
            statuses.append(decision.status)
    return taken, statuses


def test_a_session_yields_its_pages_and_statuses():
    taken, statuses = detected(short_sitting())
    assert taken == [ONE, TWO]
    assert statuses == [
        STEADY,
        "page 1 taken: turn the page",
        STEADY,
        "page 2 taken: turn the page",
        STEADY,
        "page 2 taken: turn the page",
    ]


def test_it_waits_for_a_steady_picture_however_long_something_moves():
    rocking = [replace(ONE, at=(0.5 + 0.03 * (number % 3), 0.5)) for number in range(24)]
    assert detected(rocking) == ([], [STEADY])


def test_a_slowly_moving_page_is_not_steady():
    creeping = [replace(ONE, at=(0.4 + 0.0025 * number, 0.5)) for number in range(24)]
    assert detected(creeping)[0] == []


def test_it_waits_for_focus():
    taken, statuses = detected([*still(replace(ONE, blur=4), 2), *still(ONE, 1.2)])
    assert taken == [ONE]
    assert statuses[:2] == [STEADY, SHARP]


def test_an_empty_table_is_not_a_page():
    taken, statuses = detected([*still(Shot(), 2), *still(ONE, 1.2), *still(Shot(), 2), *still(TWO, 1.2)])
    assert taken == [ONE, TWO]
    assert statuses[1] == PAGE


def test_a_moved_page_in_other_light_is_taken_once():
    pushed = replace(ONE, at=(0.53, 0.48), turn=-4)
    shots = [*still(ONE), *moving(ONE, pushed), *still(pushed), *still(replace(pushed, light=0.75))]
    assert detected(shots)[0] == [ONE]


def test_a_page_that_comes_back_after_another_is_taken_again():
    assert detected([*still(ONE, 1), *still(TWO, 1), *still(ONE, 1)])[0] == [ONE, TWO, ONE]


def test_a_new_page_is_taken_when_the_hand_leaves():
    covered = replace(TWO, hand=0.8)
    taken, statuses = detected([*still(ONE), *still(covered, 2.5), *moving(covered, TWO, 0.3), *still(TWO)])
    assert taken == [ONE, TWO]
    assert HANDS in statuses


def test_a_hand_on_the_same_page_is_not_a_new_page():
    covered = replace(ONE, hand=0.7)
    assert detected([*still(ONE), *still(covered, 4.5), *still(ONE)])[0] == [ONE]


def test_a_hand_that_never_leaves_is_ignored_after_a_while():
    """It may be a table of the colour of skin."""
    covered = replace(ONE, hand=0.4)
    assert detected(still(covered, 4.0))[0] == [covered]


def test_a_low_frame_rate_suffices():
    assert detected([*still(ONE, 0.3), *still(TWO, 0.3)], fps=4)[0] == [ONE, TWO]


def test_a_page_exchanged_between_two_pictures_is_detected():
    assert detected([*still(ONE, 1.2), *still(TWO, 1.2)])[0] == [ONE, TWO]


def test_hands_that_turn_pages_are_not_in_the_pictures():
    shots = [*still(ONE, 1), *turned_page(ONE.page, TWO.page), *still(TWO, 1)]
    assert detected(shots)[0] == [ONE, TWO]


@pytest.mark.parametrize(
    ("times", "taken"),
    [
        ([0, 0.5, 1.0, 1.5, 2.0, 2.5], [0, 1.0, 2.0]),
        ([5.0, 5.9, 6.1, 6.9, 7.0, 8.2], [5.0, 6.1, 7.0, 8.2]),
        ([0, 10, 10.5, 11, 30], [0, 10, 11, 30]),
    ],
)
def test_intervals_are_counted_from_when_a_picture_was_due(times, taken):
    detector = Interval(1.0)
    image = picture(Shot())
    assert [at for at in times if detector.decide(image, at).take] == taken
