"""A session: pages are taken from a camera until it ends."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from io import BytesIO
from typing import Literal

import numpy as np
from PIL import Image

from penstock.model import Page, Problem
from penstock.spool import Spool
from penstock_plugins.sheet import find_sheet, straighten
from penstock_plugins.sources.camera.errors import CameraError
from penstock_plugins.sources.camera.frames import Frame, Frames
from penstock_plugins.sources.camera.page_detection import Interval, NewPages
from penstock_plugins.sources.camera.session_state import SessionState, stored_page
from penstock_plugins.sources.camera.view import Pixels

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class PageMaker:
    """Makes pages of pictures; the fields are options of the camera."""

    spool: Spool
    rotate: Literal[0, 90, 180, 270]
    crop: Literal["auto", "none"]
    quality: int

    def page(self, image: Pixels, number: int, origin: str) -> Page:
        """Store a picture, and return its page. Raises what `Spool.keep` raises."""
        rotated = np.rot90(image, -(self.rotate // 90))
        picture = Image.fromarray(np.ascontiguousarray(rotated[:, :, ::-1]))
        if self.crop == "auto" and (sheet := find_sheet(picture)) is not None:
            picture, _ = straighten(picture, sheet)
        content = BytesIO()
        picture.save(content, "JPEG", quality=self.quality)
        return stored_page(self.spool.keep(content.getvalue(), ".jpg"), picture.size, number, origin)


@dataclass
class CameraSession:
    """One session. Its pages can be iterated once."""

    frames: Frames
    detector: NewPages | Interval
    page_maker: PageMaker
    name: str  # of the document
    key: str  # identifies the session among those of the camera
    max_pages: int | None  # after which it ends; None: it ends with the frames
    state: SessionState | None  # stores the pages; None for a video, which can be read again
    show_status: Callable[[str], None]  # shows people what is awaited

    error: CameraError | None = field(default=None, init=False)  # why the camera failed, after the last page
    _status: str = field(default="", init=False)
    _seen: int = field(default=0, init=False)
    _taken: int = field(default=0, init=False)

    def pages(self) -> Iterator[Page]:
        """Yield pages as they are taken. A failure of the camera is kept in `error`, after these pages."""
        try:
            for frame in self.frames:
                if not self._seen:
                    log.debug("first picture: %d x %d pixels", frame.image.shape[1], frame.image.shape[0])
                self._seen += 1
                if (page := self._page(frame)) is not None:
                    yield page
                if self._taken == self.max_pages:
                    break
        except CameraError as error:
            self.error = error

    def _page(self, frame: Frame) -> Page | None:
        decision = self.detector.decide(frame.image, frame.at)
        page = self._take(frame) if decision.take else None
        if decision.status and decision.status != self._status:
            self._status = decision.status
            log.debug("picture %d: %s", self._seen, decision.status)
            self.show_status(decision.status)
        return page

    def _take(self, frame: Frame) -> Page:
        self._taken += 1
        page = self.page_maker.page(frame.image, self._taken, f"{self.name}, page {self._taken}")
        if self.state is not None:
            self.state.add_page(self.key, self.name, page)
        return page

    def without_pages(self, origin: str) -> Problem:
        """Return the problem of a session that took no page although the camera did not fail."""
        if not self._seen:
            return Problem(origin, "sent no picture", "check that it is a camera, or a video with pictures")
        hint = "a page is taken when it lies still and sharp; every = 2 takes one every two seconds"
        return Problem(origin, f"showed no page in {self._seen} pictures", hint)
