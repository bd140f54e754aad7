"""A sitting: pages are taken from a camera, one after the other, until somebody or something ends it."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from penstock.model import Page, Problem
from penstock_plugins.sources.camera.frames import Frame, Frames
from penstock_plugins.sources.camera.keeping import Darkroom
from penstock_plugins.sources.camera.memory import Memory
from penstock_plugins.sources.camera.trouble import CameraTrouble
from penstock_plugins.sources.camera.watching import Watcher


class Sitting:
    """One sitting, walked once.

    Parameters
    ----------
    name
        Of its document.
    key
        Unlike any other sitting's of this camera.
    most
        Pages after which it ends; None: only when the frames do.
    memory
        Where its pages are noted; None for what can be walked again anyway.
    say
        Tells people what is waited for.
    """

    def __init__(
        self,
        frames: Frames,
        watcher: Watcher,
        darkroom: Darkroom,
        *,
        name: str,
        key: str,
        most: int | None,
        memory: Memory | None,
        show_status: Callable[[str], None],
    ) -> None:
        self.name, self.key = name, key
        self.trouble: CameraTrouble | None = None
        """Why the camera broke off, once the walk is over."""
        self._frames, self._watcher, self._darkroom = frames, watcher, darkroom
        self._most, self._memory, self._say = most, memory, show_status
        self._said = ""
        self._seen = self._taken = 0

    def pages(self) -> Iterator[Page]:
        """Take pages. What breaks off is kept in `trouble`, so that the pages before it stay a document."""
        try:
            for frame in self._frames:
                self._seen += 1
                if (page := self._look(frame)) is not None:
                    yield page
                if self._taken == self._most:
                    break
        except CameraTrouble as trouble:
            self.trouble = trouble

    def _look(self, frame: Frame) -> Page | None:
        verdict = self._watcher.look(frame.image, frame.at)
        page = self._take(frame) if verdict.take else None
        if verdict.says and verdict.says != self._said:
            self._said = verdict.says
            self._say(verdict.says)
        return page

    def _take(self, frame: Frame) -> Page:
        self._taken += 1
        page = self._darkroom.page(frame.image, self._taken, f"{self.name}, page {self._taken}")
        if self._memory is not None:
            self._memory.note(self.key, self.name, page)
        return page

    def without_pages(self, origin: str) -> Problem:
        """Why there is no document, if no page was taken and nothing broke off."""
        if not self._seen:
            return Problem(origin, "gave no picture", "check that it is a camera, or a video with pictures")
        hint = "a page is taken when it lies still and sharp; every = 2 takes one every two seconds"
        return Problem(origin, f"showed no page in {self._seen} pictures", hint)
