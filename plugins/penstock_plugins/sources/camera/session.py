"""A session: pages are taken from a camera until it ends."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator

from penstock.model import Page, Problem
from penstock_plugins.sources.camera.errors import CameraError
from penstock_plugins.sources.camera.frames import Frame, Frames
from penstock_plugins.sources.camera.page_detection import Detector
from penstock_plugins.sources.camera.page_pictures import PageMaker
from penstock_plugins.sources.camera.session_state import SessionState

log = logging.getLogger(__name__)


class CameraSession:
    """One session. Its pages can be iterated once.

    Parameters
    ----------
    name
        Name of the document.
    key
        Identifies the session among those of the camera.
    max_pages
        Pages after which it ends. None: it ends with the frames.
    state
        Stores the pages. None for a video, which can be read again.
    show_status
        Shows people what is awaited.
    """

    def __init__(
        self,
        frames: Frames,
        detector: Detector,
        page_maker: PageMaker,
        *,
        name: str,
        key: str,
        max_pages: int | None,
        state: SessionState | None,
        show_status: Callable[[str], None],
    ) -> None:
        self.name, self.key = name, key
        self.error: CameraError | None = None
        """Why the camera failed, known after the last page."""
        self._frames, self._detector, self._page_maker = frames, detector, page_maker
        self._max_pages, self._state, self._show_status = max_pages, state, show_status
        self._status = ""
        self._seen = self._taken = 0

    def pages(self) -> Iterator[Page]:
        """Yield pages as they are taken. A failure of the camera is kept in `error`, after these pages."""
        try:
            for frame in self._frames:
                if not self._seen:
                    log.debug("first picture: %d x %d pixels", frame.image.shape[1], frame.image.shape[0])
                self._seen += 1
                if (page := self._page(frame)) is not None:
                    yield page
                if self._taken == self._max_pages:
                    break
        except CameraError as error:
            self.error = error

    def _page(self, frame: Frame) -> Page | None:
        decision = self._detector.decide(frame.image, frame.at)
        page = self._take(frame) if decision.take else None
        if decision.status and decision.status != self._status:
            self._status = decision.status
            log.debug("picture %d: %s", self._seen, decision.status)
            self._show_status(decision.status)
        return page

    def _take(self, frame: Frame) -> Page:
        self._taken += 1
        page = self._page_maker.page(frame.image, self._taken, f"{self.name}, page {self._taken}")
        if self._state is not None:
            self._state.add_page(self.key, self.name, page)
        return page

    def without_pages(self, origin: str) -> Problem:
        """Return the problem of a session that took no page although the camera did not fail."""
        if not self._seen:
            return Problem(origin, "sent no picture", "check that it is a camera, or a video with pictures")
        hint = "a page is taken when it lies still and sharp; every = 2 takes one every two seconds"
        return Problem(origin, f"showed no page in {self._seen} pictures", hint)
