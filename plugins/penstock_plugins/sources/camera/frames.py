"""The frames of a camera or video: pictures with their times."""

from __future__ import annotations

import math
import threading
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING

from penstock_plugins.sources.camera.errors import CameraError
from penstock_plugins.sources.camera.view import Pixels

if TYPE_CHECKING:
    from penstock_plugins.sources.camera.mjpeg import MjpegCamera
    from penstock_plugins.sources.camera.opencv import Capture

USUAL_RATE = 25.0
PLAUSIBLE_RATES = (0.5, 1000.0)  # pictures per second that a video file may state
# Share of the stated number of pictures that a complete video has at least: some formats estimate it.
COMPLETE = 0.8
CLOSE_SECONDS = 2.0  # how long `LiveFrames.close` waits for its thread


@dataclass(frozen=True, slots=True)
class Frame:
    """A picture and its time, in seconds since any fixed moment."""

    image: Pixels
    at: float


class VideoFrames:
    """All frames of a video file, with their times in the video."""

    def __init__(self, video: Capture) -> None:
        self._video = video
        low, high = PLAUSIBLE_RATES
        self._rate = video.rate if low <= video.rate <= high else USUAL_RATE

    def __iter__(self) -> Iterator[Frame]:
        number = 0
        while (image := self._video.grab()) is not None:
            yield Frame(image, number / self._rate)
            number += 1
        stated = self._video.count
        if math.isfinite(stated) and 0 < number < COMPLETE * stated:
            why = f"the video is cut off after {number} of {stated:.0f} pictures"
            raise CameraError(why, "copy it again from its source")

    def end(self) -> bool:
        """Return False: a video ends by itself."""
        return False

    def close(self) -> None:
        self._video.close()


class LiveFrames:
    """The newest frame of a camera, whenever one is requested.

    A thread grabs pictures all the time and drops those that are not requested in time. Otherwise pictures
    would queue up in the driver, and a page would be judged by old ones. The first ``warm_up`` pictures are
    dropped as well. After ``max_silence`` seconds without a picture, the camera counts as broken.
    """

    def __init__(
        self, camera: Capture | MjpegCamera, *, warm_up: int, max_silence: float, clock: Callable[[], float]
    ) -> None:
        self._camera = camera  # used and closed on the grabbing thread only
        self._warm_up, self._max_silence, self._clock = warm_up, max_silence, clock
        # Guards the four values below, which the grabbing thread and the iterating one share.
        self._changed = threading.Condition()
        self._newest: Pixels | None = None
        self._is_over = self._is_ended = False
        self._error: CameraError | None = None
        self._thread = threading.Thread(target=self._grab_all, name="penstock-camera", daemon=True)
        self._thread.start()

    def _grab_all(self) -> None:
        error: CameraError | None = None
        try:
            while not self._is_ended and (image := self._camera.grab()) is not None:
                self._offer(image)
        except CameraError as failure:
            error = failure
        except Exception as failure:
            # Its text may contain the address.
            error = CameraError(f"cannot be read ({type(failure).__name__})", "run again")
        finally:
            with self._changed:
                self._is_over, self._error = True, error
                self._changed.notify_all()
            with suppress(Exception):
                self._camera.close()

    def _offer(self, image: Pixels) -> None:
        if self._warm_up > 0:
            self._warm_up -= 1
            return
        with self._changed:
            self._newest = image
            self._changed.notify_all()

    def __iter__(self) -> Iterator[Frame]:
        while (image := self._next()) is not None:
            yield Frame(image, self._clock())

    def _next(self) -> Pixels | None:
        with self._changed:
            has_changed = self._changed.wait_for(
                lambda: self._newest is not None or self._is_over or self._is_ended, self._max_silence
            )
            if self._is_ended:
                return None
            if not has_changed:
                why = f"sent no picture for {self._max_silence:g} seconds"
                raise CameraError(why, "check that it is plugged in and reachable")
            image, self._newest = self._newest, None
            if image is None and self._error is not None:
                raise self._error
            return image

    def end(self) -> bool:
        with self._changed:
            self._is_ended = True
            self._changed.notify_all()
        return True

    def close(self) -> None:
        """End the frames and wait for the thread to close the camera, unless the camera hangs."""
        self.end()
        self._thread.join(CLOSE_SECONDS)


# Iterating raises CameraError when the camera fails. `end` may be called from any thread.
Frames = VideoFrames | LiveFrames
