"""When a page is taken: scenes with their times, none of them waited for."""

from __future__ import annotations

from dataclasses import replace

import pytest

from camera.footage import FPS, PAGES, Shot, moving, picture, short_sitting, still, turned_page
from penstock_plugins.sources.camera.watching import HANDS, PAGE, SHARP, STEADY, Every, NewPages

pytestmark = pytest.mark.usefixtures("one_thread")

ONE, TWO = (Shot(page) for page in PAGES[:2])


def watched(shots, watcher=None, fps=FPS):
    """The shots that were taken, and what was said, in order."""
    watcher = watcher or NewPages()
    taken, said = [], []
    for number, shot in enumerate(shots):
        verdict = watcher.look(picture(shot, number), number / fps)
        if verdict.take:
            taken.append(shot)
        if verdict.says and verdict.says not in said[-1:]:
            said.append(verdict.says)
    return taken, said


def test_a_sitting_gives_exactly_its_pages_and_says_what_it_waits_for():
    taken, said = watched(short_sitting())
    assert taken == [ONE, TWO]
    assert said == [
        STEADY,
        "page 1 taken: turn the page",
        STEADY,
        "page 2 taken: turn the page",
        STEADY,
        "page 2 taken: turn the page",
    ]


def test_it_waits_for_a_steady_picture_however_long_something_moves():
    rocking = [replace(ONE, at=(0.5 + 0.03 * (number % 3), 0.5)) for number in range(24)]
    assert watched(rocking) == ([], [STEADY])


def test_a_page_that_creeps_is_not_steady():
    creeping = [replace(ONE, at=(0.4 + 0.0025 * number, 0.5)) for number in range(24)]
    assert watched(creeping)[0] == []


def test_it_waits_for_focus():
    taken, said = watched([*still(replace(ONE, blur=4), 2), *still(ONE, 1.2)])
    assert taken == [ONE]
    assert said[:2] == [STEADY, SHARP]


def test_an_empty_table_is_no_page():
    taken, said = watched([*still(Shot(), 2), *still(ONE, 1.2), *still(Shot(), 2), *still(TWO, 1.2)])
    assert taken == [ONE, TWO]
    assert said[1] == PAGE


def test_a_page_is_taken_once_however_it_is_pushed_about_and_lit():
    pushed = replace(ONE, at=(0.53, 0.48), turn=-4)
    shots = [*still(ONE), *moving(ONE, pushed), *still(pushed), *still(replace(pushed, light=0.75))]
    assert watched(shots)[0] == [ONE]


def test_a_page_that_comes_back_after_another_is_taken_again():
    assert watched([*still(ONE, 1), *still(TWO, 1), *still(ONE, 1)])[0] == [ONE, TWO, ONE]


def test_a_hand_that_rests_on_a_new_page_is_waited_for():
    covered = replace(TWO, hand=0.8)
    taken, said = watched([*still(ONE), *still(covered, 2.5), *moving(covered, TWO, 0.3), *still(TWO)])
    assert taken == [ONE, TWO]
    assert HANDS in said


def test_a_hand_that_rests_on_the_page_that_was_taken_makes_no_new_one():
    covered = replace(ONE, hand=0.7)
    assert watched([*still(ONE), *still(covered, 4.5), *still(ONE)])[0] == [ONE]


def test_what_looks_like_a_hand_and_never_leaves_stops_nothing():
    """A table of the colour of skin, say."""
    covered = replace(ONE, hand=0.4)
    assert watched(still(covered, 4.0))[0] == [covered]


def test_pages_are_told_at_few_pictures_a_second_too():
    assert watched([*still(ONE, 0.3), *still(TWO, 0.3)], fps=4)[0] == [ONE, TWO]


def test_a_page_exchanged_between_two_pictures_is_seen():
    assert watched([*still(ONE, 1.2), *still(TWO, 1.2)])[0] == [ONE, TWO]


def test_hands_that_turn_pages_are_on_none_of_them():
    shots = [*still(ONE, 1), *turned_page(ONE.page, TWO.page), *still(TWO, 1)]
    assert watched(shots)[0] == [ONE, TWO]


@pytest.mark.parametrize(
    ("times", "taken"),
    [
        ([0, 0.5, 1.0, 1.5, 2.0, 2.5], [0, 1.0, 2.0]),
        ([5.0, 5.9, 6.1, 6.9, 7.0, 8.2], [5.0, 6.1, 7.0, 8.2]),
        ([0, 10, 10.5, 11, 30], [0, 10, 11, 30]),
    ],
)
def test_every_so_many_seconds_is_counted_from_when_it_was_due(times, taken):
    watcher = Every(1.0)
    image = picture(Shot())
    assert [at for at in times if watcher.look(image, at).take] == taken
