"""The `camera` source: pages laid under a camera, one after the other."""

from __future__ import annotations

import itertools
import re
import stat
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, ClassVar, Literal, Self

from annotated_types import Ge, Gt, Le, MinLen

from penstock.hookspecs import hookimpl
from penstock.model import Document, Problem
from penstock.spool import Spool
from penstock_plugins.sources.camera.address import Address
from penstock_plugins.sources.camera.trouble import CameraTrouble

if TYPE_CHECKING:
    from penstock_plugins.sources.camera.frames import Frames
    from penstock_plugins.sources.camera.memory import Memory
    from penstock_plugins.sources.camera.sitting import Sitting

ShowStatus = Callable[[str], None]

GRACE_SECONDS = 3.0
_START = "{start}"
_ADDRESS = re.compile(r"(^|/)[A-Za-z][\w+.-]*:/")
"""In a path: what was to be an address."""


@dataclass(eq=False)
class Camera:
    """Pages laid under a camera: each is taken when it lies still and sharp, and is not the last one.

    All pages of one sitting are one document. A sitting ends after `pages` pages, at Ctrl-C, or when the
    stream ends; if the camera breaks off, what was taken is read and written, and the break is reported.
    Pictures are kept in the state folder: a sitting whose document was not written (the machine went down) is
    given once more by the next run.

    Parameters
    ----------
    device
        A camera of this machine by its number or path (``0``, ``"/dev/video2"``), a video file, relative to
        the pipeline file, or a network camera's address (``"http://..."`` for MJPEG, ``"rtsp://..."``). An
        address's user, password and query are shown nowhere; take them from the environment:
        ``"rtsp://${CAMERA_LOGIN}@192.168.1.20/stream"``.
    pages
        How many pages a sitting has; left out, it goes on until Ctrl-C or the stream's end.
    every
        Take a picture every so many seconds, whatever it shows, instead of each new page.
    once
        Take one picture after the warm-up, whatever it shows, and end. (``pages = 1`` waits for a page.)
    warm_up
        Pictures of a camera that are thrown away at first, while it finds its exposure.
    resolution
        Width and height in pixels to ask a camera of this machine for; left out, the largest it has.
    rotate
        Degrees to turn each picture, clockwise.
    crop
        "auto" cuts out the sheet and straightens it, where one stands out from what it lies on; "none" keeps
        the whole picture.
    document_name
        Of a sitting's document; ``{start}`` stands for when it began, and is added for a camera's second
        sitting of the same name. Left out, it is ``camera-{start}``, and the file's name for a video.
    quality
        Of the JPEG that is kept of each page.
    max_silence
        Seconds without a picture after which a camera counts as broken.
    unfinished
        What becomes of earlier sittings whose documents were not written: "read" gives them first, "forget"
        drops them.
    """

    fetches: ClassVar[bool] = True
    is_live: ClassVar[bool] = True

    device: Annotated[int, Ge(0)] | Address | Path = 0
    pages: Annotated[int, Ge(1)] | None = None
    every: Annotated[float, Gt(0)] | None = None
    once: bool = False
    warm_up: Annotated[int, Ge(0)] = 10
    resolution: tuple[Annotated[int, Ge(1)], ...] | None = None
    rotate: Literal[0, 90, 180, 270] = 0
    crop: Literal["auto", "none"] = "none"
    document_name: Annotated[str, MinLen(1)] | None = None
    quality: Annotated[int, Ge(1), Le(100)] = 95
    max_silence: Annotated[float, Gt(0)] = 10.0
    unfinished: Literal["read", "forget"] = "read"

    def __post_init__(self) -> None:
        if self.once and (self.every is not None or self.pages is not None):
            raise ValueError("once takes one picture; leave out every and pages, or once")
        if isinstance(self.device, Path) and _ADDRESS.search(str(self.device)):
            # The text is not repeated: it may hold a password.
            raise ValueError("device is no address that is read; write http://HOST/PATH or rtsp://HOST/PATH")
        if self.resolution is not None and len(self.resolution) != 2:
            raise ValueError("resolution is a width and a height: [1920, 1080]")
        if self.resolution is not None and not self._is_local:
            raise ValueError(
                "resolution is for a camera of this machine; leave it out for files and addresses"
            )
        self._clock = time.monotonic
        self._now: Callable[[], datetime] = lambda: datetime.now().astimezone()
        self._frames: Frames | None = None
        self._was_ended = False
        self._over = threading.Event()
        self._over.set()
        self._memory: Memory | None = None
        self._given: list[tuple[Document, str]] = []

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_raised: object) -> None:
        """Let go of the camera, also if nobody walks the sitting to its end.

        Waits a moment for a picture that is being looked at: a process that ends meanwhile would be aborted.
        """
        self.request_stop()
        self._over.wait(GRACE_SECONDS)

    @hookimpl
    def find_documents(self, spool: Spool, show_status: ShowStatus) -> Iterator[Document | Problem]:
        """Give earlier sittings that were not finished, then hold one."""
        if not self._is_video:
            yield from self._unfinished(spool)
        try:
            self._over.clear()
            with closing(self._opened()) as frames:
                self._frames = frames
                yield from self._sit(frames, spool, show_status)
        except CameraTrouble as trouble:
            yield Problem(self.origin, trouble.why, trouble.hint)
        finally:
            self._frames = None
            self._over.set()
            show_status("")

    @hookimpl
    def request_stop(self) -> bool:
        """End it, unless it is a video's, which has an end of its own."""
        frames = self._frames
        self._was_ended = frames is not None and frames.end()
        return self._was_ended

    @hookimpl
    def document_written(self, document: Document) -> None:
        """Forget the sitting: its document is safe."""
        for given, sitting in self._given:
            if given is document and self._memory is not None:
                self._memory.forget(sitting)

    def _unfinished(self, spool: Spool) -> Iterator[Document]:
        from penstock_plugins.sources.camera.memory import Memory

        self._memory = Memory(spool, self.origin)
        for sitting, document in self._memory.unfinished():
            if self.unfinished == "forget":
                self._memory.forget(sitting)
            else:
                yield self._remembered(document, sitting)

    def _remembered(self, document: Document, sitting: str) -> Document:
        self._given.append((document, sitting))
        return document

    def _sit(self, frames: Frames, spool: Spool, show_status: ShowStatus) -> Iterator[Document | Problem]:
        """Hold a sitting: nothing is given before its first page is taken."""
        sitting = self._sitting(frames, spool, show_status)
        pages = sitting.pages()
        if (first := next(pages, None)) is not None:
            origin = self.origin if self._is_video else sitting.name
            document = Document(sitting.name, origin, itertools.chain([first], pages), beside=self._beside)
            yield self._remembered(document, sitting.key)
        if sitting.trouble is not None:
            yield Problem(self.origin, sitting.trouble.why, sitting.trouble.hint)
        elif first is None and not self._was_ended:
            yield sitting.without_pages(self.origin)

    def _sitting(self, frames: Frames, spool: Spool, show_status: ShowStatus) -> Sitting:
        from penstock_plugins.sources.camera.keeping import Darkroom
        from penstock_plugins.sources.camera.sitting import Sitting
        from penstock_plugins.sources.camera.watching import Every, NewPages

        start = self._now()
        watcher = NewPages() if not self.once and self.every is None else Every(self.every or 1.0)
        return Sitting(
            frames,
            watcher,
            Darkroom(spool, self.rotate, self.crop, self.quality),
            name=self._name(start),
            key=start.isoformat(),
            most=1 if self.once else self.pages,
            memory=self._memory,
            show_status=show_status,
        )

    def _name(self, start: datetime) -> str:
        name = self.document_name
        if name is None:
            name = (
                self.device.stem if self._is_video and isinstance(self.device, Path) else f"camera-{_START}"
            )
        if self._memory is not None and self._memory.has_met(name):
            # Else this sitting's outputs would take the place of that one's, which nobody can read again.
            name = f"{name}-{_START}"
        return name.replace(_START, f"{start:%Y-%m-%dT%H%M%S}")

    def _opened(self) -> Frames:
        """Raises CameraTrouble."""
        from penstock_plugins.sources.camera.frames import LiveFrames, VideoFrames
        from penstock_plugins.sources.camera.mjpeg import open_mjpeg
        from penstock_plugins.sources.camera.opencv import open_device, open_stream, open_video

        if isinstance(self.device, Address):
            asked = self.device
            camera = (
                open_mjpeg(asked, self.max_silence)
                if asked.is_http
                else open_stream(asked.reveal(), self.max_silence)
            )
        elif isinstance(self.device, Path) and not self._is_local:
            return VideoFrames(open_video(self.device))
        else:
            camera = open_device(self.device, self.resolution)
        return LiveFrames(camera, warm_up=self.warm_up, max_silence=self.max_silence, clock=self._clock)

    @property
    def origin(self) -> str:
        """What people call the camera; holds no secret."""
        if isinstance(self.device, int):
            return f"camera {self.device}"
        if isinstance(self.device, Path) and self.device.is_relative_to(Path.cwd()):
            return str(self.device.relative_to(Path.cwd()))
        return str(self.device)

    @property
    def _is_local(self) -> bool:
        """Whether it is a camera of this machine."""
        if isinstance(self.device, Path):
            try:
                return stat.S_ISCHR(self.device.stat().st_mode)
            except OSError:
                return self.device.is_relative_to("/dev")
        return isinstance(self.device, int)

    @property
    def _is_video(self) -> bool:
        return isinstance(self.device, Path) and not self._is_local

    @property
    def _beside(self) -> Path | None:
        return self.device.parent if self._is_video and isinstance(self.device, Path) else None


__all__ = ["Camera"]
