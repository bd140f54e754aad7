"""The `camera` source: pages that are laid under a camera, one after the other."""

from __future__ import annotations

import itertools
import logging
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
from penstock_plugins.sources.camera.address import CameraAddress
from penstock_plugins.sources.camera.errors import CameraError

if TYPE_CHECKING:
    from penstock_plugins.sources.camera.frames import Frames
    from penstock_plugins.sources.camera.mjpeg import MjpegCamera
    from penstock_plugins.sources.camera.session import CameraSession
    from penstock_plugins.sources.camera.session_state import SessionState

    Device = int | CameraAddress | Path | str
    """What Python callers may pass."""
else:
    # What a pipeline file is validated as.
    Device = Annotated[int, Ge(0)] | CameraAddress | Path

ShowStatus = Callable[[str], None]

STOP_SECONDS = 3.0
_START = "{start}"
_URL = re.compile(r"(^|/)[A-Za-z][\w+.-]*:/")  # matches a path that was meant to be a URL

log = logging.getLogger(__name__)


@dataclass(eq=False)
class Camera:
    """Pages laid under a camera. A page is taken once, when it lies still and sharp.

    All pages of one session are one document. A session ends after `pages` pages, at Ctrl-C, or when the
    stream ends. If the camera fails, the pages that were taken are recognized and written, and the failure is
    reported. Pictures are stored in the state folder: if the document of a session was not written (the
    machine went down), the next run reads it first.

    Parameters
    ----------
    device
        A camera of this machine by its number or path (``0``, ``"/dev/video2"``), a video file, relative to
        the pipeline file, or the address of a network camera (``"http://..."`` for MJPEG, ``"rtsp://..."``).
        The user, password and query of an address are never shown; take them from the environment:
        ``"rtsp://${CAMERA_LOGIN}@192.168.1.20/stream"``.
    pages
        Number of pages after which a session ends. Default: at Ctrl-C or the end of the stream.
    every
        Take a picture every so many seconds, whatever it shows, instead of each new page.
    once
        Take one picture after the warm-up, whatever it shows, and end. (``pages = 1`` waits for a page.)
    warm_up
        Number of pictures to drop at first, while the camera adjusts its exposure.
    resolution
        Width and height in pixels to request from a camera of this machine. Default: its largest.
    rotate
        Degrees to rotate each picture clockwise.
    crop
        "auto" cuts out and straightens the sheet if it stands out from its background; "none" keeps the
        whole picture.
    document_name
        Name of a session's document. ``{start}`` stands for the time when the session began, and is added
        if a camera has a second session of the same name. Default: ``camera-{start}``, and the file's name
        for a video.
    quality
        Quality of the JPEG that is stored of each page.
    max_silence
        Seconds without a picture after which a camera counts as broken.
    unfinished
        What happens to earlier sessions whose documents were not written: "read" reads them first, "forget"
        drops them.
    """

    fetches: ClassVar[bool] = True
    is_live: ClassVar[bool] = True

    device: Device = 0
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
        self.device = self._device = _as_device(self.device)
        self._check_options()
        self._clock = time.monotonic
        self._now: Callable[[], datetime] = lambda: datetime.now().astimezone()
        self._frames: Frames | None = None
        self._was_ended = False
        self._is_over = threading.Event()  # set while no session is running
        self._is_over.set()
        self._state: SessionState | None = None
        self._yielded: list[tuple[Document, str]] = []  # documents with the keys of their sessions

    def _check_options(self) -> None:
        if self.once and (self.every is not None or self.pages is not None):
            raise ValueError("once takes a single picture; leave out every and pages, or once")
        if isinstance(self._device, Path) and _URL.search(str(self._device)):
            # The text is not repeated, because it may contain a password.
            raise ValueError("device is not a supported address; write http://HOST/PATH or rtsp://HOST/PATH")
        if self.resolution is not None and len(self.resolution) != 2:
            raise ValueError("resolution must be a width and a height, such as [1920, 1080]")
        if self.resolution is not None and not self._is_local:
            raise ValueError("resolution applies to cameras of this machine; leave it out")

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_raised: object) -> None:
        """End the session, also if its pages are not iterated to the end.

        Waits a moment for the picture that is being examined: OpenCV aborts a process that exits meanwhile.
        """
        self.request_stop()
        self._is_over.wait(STOP_SECONDS)

    @hookimpl
    def find_documents(self, spool: Spool, show_status: ShowStatus) -> Iterator[Document | Problem]:
        """Yield the documents of earlier sessions that were not written, then hold one session."""
        if self._video is None:
            yield from self._unfinished_documents(spool)
        try:
            self._is_over.clear()
            with closing(self._open()) as frames:
                self._frames = frames
                yield from self._hold_session(frames, spool, show_status)
        except CameraError as error:
            yield Problem(self.origin, error.why, error.hint)
        finally:
            self._frames = None
            self._is_over.set()
            show_status("")

    @hookimpl
    def request_stop(self) -> bool:
        """End the session. A video ends by itself, so the run is interrupted instead."""
        frames = self._frames
        self._was_ended = frames is not None and frames.end()
        return self._was_ended

    @hookimpl
    def document_written(self, document: Document) -> None:
        """Remove the stored session of a document that is written."""
        for yielded, key in self._yielded:
            if yielded is document and self._state is not None:
                self._state.remove(key)

    def _unfinished_documents(self, spool: Spool) -> Iterator[Document]:
        from penstock_plugins.sources.camera.session_state import SessionState

        self._state = SessionState(spool, self.origin)
        for key, document in self._state.unfinished():
            log.debug("session %s was not written: %s", key, self.unfinished)
            if self.unfinished == "forget":
                self._state.remove(key)
            else:
                self._yielded.append((document, key))
                yield document

    def _hold_session(
        self, frames: Frames, spool: Spool, show_status: ShowStatus
    ) -> Iterator[Document | Problem]:
        session = self._session(frames, spool, show_status)
        pages = session.pages()
        # A session without a page is a problem and not an empty document, so wait for the first page.
        if (first := next(pages, None)) is not None:
            origin, beside = (self.origin, self._video.parent) if self._video else (session.name, None)
            document = Document(session.name, origin, itertools.chain([first], pages), beside=beside)
            self._yielded.append((document, session.key))
            yield document
        if session.error is not None:
            yield Problem(self.origin, session.error.why, session.error.hint)
        elif first is None and not self._was_ended:
            yield session.without_pages(self.origin)

    def _session(self, frames: Frames, spool: Spool, show_status: ShowStatus) -> CameraSession:
        from penstock_plugins.sources.camera.page_detection import Interval, NewPages
        from penstock_plugins.sources.camera.session import CameraSession, PageMaker

        start = self._now()
        return CameraSession(
            frames,
            NewPages() if not self.once and self.every is None else Interval(self.every or 1.0),
            PageMaker(spool, self.rotate, self.crop, self.quality),
            name=self._document_name(start),
            key=start.isoformat(),
            max_pages=1 if self.once else self.pages,
            state=self._state,
            show_status=show_status,
        )

    def _document_name(self, start: datetime) -> str:
        name = self.document_name
        if name is None:
            name = self._video.stem if self._video else f"camera-{_START}"
        if self._state is not None and self._state.is_used(name):
            # Otherwise the outputs would replace those of the other session, which cannot be read again.
            name = f"{name}-{_START}"
        return name.replace(_START, f"{start:%Y-%m-%dT%H%M%S}")

    def _open(self) -> Frames:
        """Open the device. Raises CameraError."""
        from penstock_plugins.sources.camera.frames import LiveFrames, VideoFrames
        from penstock_plugins.sources.camera.opencv import Capture, open_device, open_stream, open_video

        log.debug("opening %s", self.origin)
        camera: MjpegCamera | Capture
        if self._video:
            return VideoFrames(open_video(self._video))
        if not isinstance(self._device, CameraAddress):
            camera = open_device(self._device, self.resolution)
        elif self._device.is_http:
            from penstock_plugins.sources.camera.mjpeg import open_mjpeg

            camera = open_mjpeg(self._device, self.max_silence)
        else:
            camera = open_stream(self._device.reveal(), self.max_silence)
        return LiveFrames(camera, warm_up=self.warm_up, max_silence=self.max_silence, clock=self._clock)

    @property
    def origin(self) -> str:
        """The name of the camera that people see. It contains no secret."""
        if isinstance(self._device, int):
            return f"camera {self._device}"
        if isinstance(self._device, Path) and self._device.is_relative_to(Path.cwd()):
            return str(self._device.relative_to(Path.cwd()))
        return str(self._device)

    @property
    def _is_local(self) -> bool:
        if isinstance(self._device, Path):
            try:
                return stat.S_ISCHR(self._device.stat().st_mode)
            except OSError:
                return self._device.is_relative_to("/dev")
        return isinstance(self._device, int)

    @property
    def _video(self) -> Path | None:
        """The video file; None for cameras."""
        return self._device if isinstance(self._device, Path) and not self._is_local else None


def _as_device(given: Device) -> int | CameraAddress | Path:
    if not isinstance(given, str):
        return given
    if given.isdecimal():
        return int(given)
    return CameraAddress(given) if "://" in given else Path(given)
