"""When to take a page: a small state machine over pictures and their times."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

import cv2
import numpy as np
from numpy.typing import NDArray

from penstock_plugins.sources.camera.likeness import same_page
from penstock_plugins.sources.camera.views import Pixels, View

STILL_SECONDS = 0.7
"""How long nothing moves in a steady picture."""
MOVED = 0.005
"""Share of the picture that changes when something moves."""
TOO_BLURRED = 0.42
"""What `View.blur` gives for a blur of one and a half pixels."""
HAND_SECONDS = 3.0
"""How long a hand is waited for; it may be none but a table of its colour."""
HAND = 0.02
"""Share of the picture that a hand covers at least."""

STEADY = "waiting for a steady picture"
SHARP = "waiting for a sharp picture"
PAGE = "waiting for a page"
HANDS = "waiting for hands to leave the picture"


@dataclass(frozen=True, slots=True)
class Verdict:
    """What becomes of a picture, and what people are to be told; an empty text: what they know already."""

    take: bool
    says: str = ""


class Watcher(Protocol):
    """Decides which pictures become pages."""

    def look(self, image: Pixels, at: float) -> Verdict:
        """Look at the next picture and its time, in seconds from anywhere."""


class NewPages:
    """Takes a picture when it is steady and sharp, shows no hand, and differs from the last one taken."""

    def __init__(self) -> None:
        self._before: View | None = None
        self._still_since = 0.0
        self._settled = False
        self._last: View | None = None
        self._pages = 0

    def look(self, image: Pixels, at: float) -> Verdict:
        """See `Watcher`."""
        view = View.of(image)
        # Compared with the first picture of the pause, so that what creeps is seen to move.
        if self._before is None or view.changed(self._before) > MOVED:
            self._before, self._still_since, self._settled = view, at, False
            return Verdict(take=False, says=STEADY)
        if self._settled:
            return Verdict(take=False)
        if at - self._still_since < STILL_SECONDS:
            return Verdict(take=False, says=STEADY)
        return self._judged(view, at)

    def _judged(self, view: View, at: float) -> Verdict:
        """What a steady picture is."""
        blur = view.blur()
        if blur is None or blur > TOO_BLURRED:
            return Verdict(take=False, says=PAGE if blur is None else SHARP)
        hand = self._hand(view)
        if hand.any() and at - self._still_since < HAND_SECONDS:
            return Verdict(take=False, says=HANDS)
        self._settled = True
        take = self._last is None or not same_page(self._last.fine, view.fine, ignored=hand)
        if take:
            self._last = view
            self._pages += 1
        return Verdict(take=take, says=f"page {self._pages} taken: turn the page")

    def _hand(self, view: View) -> NDArray[np.bool_]:
        """Where something of the colour of skin reaches in from the edge that was not on the last page."""
        skin = view.skin
        if self._last is not None and self._last.skin.shape == skin.shape:
            skin = skin & ~_wider(self._last.skin)
        count, parts, facts, _ = cv2.connectedComponentsWithStats(skin.astype(np.uint8))
        edge = np.concatenate([parts[0], parts[-1], parts[:, 0], parts[:, -1]])
        large = [
            part
            for part in range(1, count)
            if facts[part, cv2.CC_STAT_AREA] >= HAND * skin.size and (edge == part).any()
        ]
        return _wider(np.isin(parts, large)) if large else np.zeros(skin.shape, np.bool_)


def _wider(mask: NDArray[np.bool_]) -> NDArray[np.bool_]:
    return cv2.dilate(mask.astype(np.uint8), np.ones((9, 9), np.uint8)).astype(np.bool_)


class Every:
    """Takes a picture every so many seconds, whatever it shows."""

    def __init__(self, seconds: float) -> None:
        self._seconds = seconds
        self._next: float | None = None
        self._pages = 0

    def look(self, image: Pixels, at: float) -> Verdict:  # noqa: ARG002
        """See `Watcher`."""
        if self._next is not None and at < self._next:
            return Verdict(take=False)
        # From where it was due, so that the pictures' own times do not add up; from now after a gap.
        due = at if self._next is None or at - self._next > self._seconds else self._next
        self._next = due + self._seconds
        self._pages += 1
        return Verdict(take=True, says=f"page {self._pages} taken")


__all__ = ["Every", "NewPages", "Verdict", "Watcher"]
