"""Pictures and their times: those of a video file one by one, those of a camera as they come."""

from __future__ import annotations

import math
import threading
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from typing import Protocol

from penstock_plugins.sources.camera.trouble import CameraTrouble
from penstock_plugins.sources.camera.views import Pixels

USUAL_RATE = 25.0
BELIEVABLE_RATE = (0.5, 1000.0)
"""Pictures a second that a video file may claim."""
MOST = 0.8
"""Share of the pictures that a video claims to have, which it gives at least if it is whole: the number is
computed from its length in some formats."""
GRACE_SECONDS = 2.0
"""How long a camera's thread is waited for at the end."""


@dataclass(frozen=True, slots=True)
class Frame:
    """A picture, and when it was: in seconds from anywhere."""

    image: Pixels
    at: float


class Camera(Protocol):
    """What gives pictures."""

    def grab(self) -> Pixels | None:
        """The next picture, waiting for it; None after the last. Raises CameraTrouble if it broke off."""

    def close(self) -> None:
        """Let go. Called on the thread that grabs."""


class VideoFile(Protocol):
    """A video file: a camera that knows its rate."""

    rate: float
    count: float

    def grab(self) -> Pixels | None:
        """See `Camera`."""

    def close(self) -> None:
        """See `Camera`."""


class Frames(Protocol):
    """Frames in their order. Walking them raises CameraTrouble where they break off."""

    def __iter__(self) -> Iterator[Frame]: ...

    def end(self) -> bool:
        """Let there be no more; False if they have an end of their own. From any thread."""

    def close(self) -> None:
        """Let go of the camera."""


class VideoFrames:
    """All frames of a video file; their times are the file's."""

    def __init__(self, video: VideoFile) -> None:
        self._video = video
        low, high = BELIEVABLE_RATE
        self._rate = video.rate if low <= video.rate <= high else USUAL_RATE

    def __iter__(self) -> Iterator[Frame]:
        number = 0
        while (image := self._video.grab()) is not None:
            yield Frame(image, number / self._rate)
            number += 1
        claimed = self._video.count
        if math.isfinite(claimed) and 0 < number < MOST * claimed:
            raise CameraTrouble(
                f"the video breaks off after {number} of {claimed:.0f} pictures",
                "copy it again from where it came from",
            )

    def end(self) -> bool:
        """It has an end of its own."""
        return False

    def close(self) -> None:
        """Let go of the file."""
        self._video.close()


class LiveFrames:
    """The newest frame of a camera, whenever one is asked for; what nobody looked at in time is gone.

    A thread reads from the camera all the time, so that no old picture waits in between.

    Parameters
    ----------
    camera
        Grabbed from, and closed, on a thread of its own.
    warm_up
        Pictures that are thrown away at first.
    max_silence
        Seconds without a picture after which the camera counts as broken.
    clock
        Tells the time of a frame when it is looked at.
    """

    def __init__(
        self, camera: Camera, *, warm_up: int, max_silence: float, clock: Callable[[], float]
    ) -> None:
        self._camera, self._left, self._max_silence, self._clock = camera, warm_up, max_silence, clock
        self._news = threading.Condition()
        self._newest: Pixels | None = None
        self._over = self._ended = False
        self._trouble: CameraTrouble | None = None
        self._thread = threading.Thread(target=self._read, name="penstock-camera", daemon=True)
        self._thread.start()

    def _read(self) -> None:
        trouble: CameraTrouble | None = None
        try:
            while not self._ended and (image := self._camera.grab()) is not None:
                self._show(image)
        except CameraTrouble as error:
            trouble = error
        except Exception as error:
            # Its text may hold the address.
            trouble = CameraTrouble(f"cannot be read ({type(error).__name__})", "run again")
        finally:
            with self._news:
                self._over, self._trouble = True, trouble
                self._news.notify_all()
            with suppress(Exception):
                self._camera.close()

    def _show(self, image: Pixels) -> None:
        if self._left > 0:
            self._left -= 1
            return
        with self._news:
            self._newest = image
            self._news.notify_all()

    def __iter__(self) -> Iterator[Frame]:
        while (image := self._next()) is not None:
            yield Frame(image, self._clock())

    def _next(self) -> Pixels | None:
        with self._news:
            came = self._news.wait_for(
                lambda: self._newest is not None or self._over or self._ended, self._max_silence
            )
            if self._ended:
                return None
            if not came:
                raise CameraTrouble(
                    f"no picture came for {self._max_silence:g} seconds", "is it still there?"
                )
            image, self._newest = self._newest, None
            if image is None and self._trouble is not None:
                raise self._trouble
            return image

    def end(self) -> bool:
        """Let there be no more."""
        with self._news:
            self._ended = True
            self._news.notify_all()
        return True

    def close(self) -> None:
        """Let go of the camera; one that does not come back is left to its thread."""
        self.end()
        self._thread.join(GRACE_SECONDS)
