"""Decides when a camera's picture shows a page to take."""

from __future__ import annotations

import logging
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from penstock_plugins.sources.camera.page_matching import same_page
from penstock_plugins.sources.camera.view import Pixels, View

STILL_SECONDS = 0.7  # how long the picture must not change
MOVED = 0.005  # share of the picture that changes when something moves
TOO_BLURRED = 0.42  # `View.blur` of a picture with a blur of one and a half pixels
# How long a hand delays a page. What looks like a hand may be a table of the colour of skin.
HAND_SECONDS = 3.0
HAND = 0.02  # share of the picture that a hand covers at least

STEADY = "waiting for a steady picture"
SHARP = "waiting for a sharp picture"
PAGE = "waiting for a page"
HANDS = "waiting for hands to leave the picture"

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Decision:
    """Whether to take a picture, and a status to show; an empty status changes nothing."""

    take: bool
    status: str = ""


class NewPages:
    """Takes a picture that is steady and sharp, shows no hand, and shows another page than the last one."""

    def __init__(self) -> None:
        self._before: View | None = None
        self._still_since = 0.0
        self._settled = False
        self._last: View | None = None
        self._pages = 0

    def decide(self, image: Pixels, at: float) -> Decision:
        """Decide on the next picture, taken at a time in seconds."""
        view = View.of(image)
        # Compared with the first picture since the last movement, so that slow movements add up.
        if self._before is None or view.changed(self._before) > MOVED:
            self._before, self._still_since, self._settled = view, at, False
            return Decision(take=False, status=STEADY)
        if self._settled:
            return Decision(take=False)
        if at - self._still_since < STILL_SECONDS:
            return Decision(take=False, status=STEADY)
        return self._decide_steady(view, at)

    def _decide_steady(self, view: View, at: float) -> Decision:
        blur = view.blur()
        if blur is None or blur > TOO_BLURRED:
            return Decision(take=False, status=PAGE if blur is None else SHARP)
        hand = self._hand(view)
        if hand.any() and at - self._still_since < HAND_SECONDS:
            return Decision(take=False, status=HANDS)
        self._settled = True
        take = self._last is None or not same_page(self._last.fine, view.fine, ignored=hand)
        if take:
            self._last = view
            self._pages += 1
        else:
            log.debug("skipped: the page is the last one taken")
        return Decision(take=take, status=f"page {self._pages} taken: turn the page")

    def _hand(self, view: View) -> NDArray[np.bool_]:
        """Return where skin reaches in from the edge that was not there on the last page."""
        skin = view.skin
        if self._last is not None and self._last.skin.shape == skin.shape:
            skin = skin & ~_widened(self._last.skin)
        count, labels, facts, _ = cv2.connectedComponentsWithStats(skin.astype(np.uint8))
        edge = np.concatenate([labels[0], labels[-1], labels[:, 0], labels[:, -1]])
        large = [
            label
            for label in range(1, count)
            if facts[label, cv2.CC_STAT_AREA] >= HAND * skin.size and (edge == label).any()
        ]
        return _widened(np.isin(labels, large)) if large else np.zeros(skin.shape, np.bool_)


def _widened(mask: NDArray[np.bool_]) -> NDArray[np.bool_]:
    return cv2.dilate(mask.astype(np.uint8), np.ones((9, 9), np.uint8)).astype(np.bool_)


class Interval:
    """Takes a picture every so many seconds, whatever it shows."""

    def __init__(self, seconds: float) -> None:
        self._seconds = seconds
        self._next: float | None = None
        self._pages = 0

    def decide(self, image: Pixels, at: float) -> Decision:  # noqa: ARG002
        if self._next is not None and at < self._next:
            return Decision(take=False)
        # Counted from when the picture was due, so that delays do not add up; from now after a gap.
        due = at if self._next is None or at - self._next > self._seconds else self._next
        self._next = due + self._seconds
        self._pages += 1
        return Decision(take=True, status=f"page {self._pages} taken")
