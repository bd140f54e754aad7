"""Cameras and video files through OpenCV, and network cameras through its FFmpeg. Nothing reaches stderr."""

from __future__ import annotations

import os
import stat
from pathlib import Path

import cv2
import numpy as np

from penstock_plugins.sources.camera.trouble import CameraTrouble
from penstock_plugins.sources.camera.views import Pixels

LARGEST = (10_000, 10_000)
"""A resolution that no camera has: its driver takes the nearest that there is, the largest."""
DEVICES = Path("/dev")


class Capture:
    """An open `cv2.VideoCapture`.

    Parameters
    ----------
    ends
        Whether no more pictures are the end, as they are in a file; else they are trouble.
    """

    def __init__(self, capture: cv2.VideoCapture, *, ends: bool) -> None:
        self._capture, self._ends = capture, ends
        self.rate = float(capture.get(cv2.CAP_PROP_FPS))
        self.count = float(capture.get(cv2.CAP_PROP_FRAME_COUNT))

    def grab(self) -> Pixels | None:
        """See `frames.Camera`."""
        there, image = self._capture.read()
        if there and image is not None:
            return np.asarray(image, np.uint8)
        if self._ends:
            return None
        raise CameraTrouble("gives no more pictures", "is it still plugged in, or reachable?")

    def close(self) -> None:
        """Let go."""
        self._capture.release()


def open_video(path: Path) -> Capture:
    """Open a video file. Raises CameraTrouble."""
    _check_file(path)
    _hush()
    capture = cv2.VideoCapture(str(path))
    if not capture.isOpened():
        raise CameraTrouble("is no video that can be read", "convert it to MP4 (H.264) or AVI (MJPG)")
    return Capture(capture, ends=True)


def _check_file(path: Path) -> None:
    try:
        mode = path.stat().st_mode
    except FileNotFoundError:
        raise CameraTrouble("there is no such file", f"check the path; {devices()}") from None
    except OSError as error:
        raise CameraTrouble(f"cannot be looked up ({error.strerror})", "check the path") from error
    if not stat.S_ISREG(mode):
        raise CameraTrouble("is no video file", "name a file, a camera's number, or its address")
    if not os.access(path, os.R_OK):
        raise CameraTrouble("may not be read", "give yourself the right to read it")


def open_device(device: int | Path, resolution: tuple[int, ...] | None) -> Capture:
    """Open a camera of this machine. Raises CameraTrouble."""
    place = device if isinstance(device, Path) else DEVICES / f"video{device}"
    _check_device(place)
    _hush()
    capture = cv2.VideoCapture(str(device) if isinstance(device, Path) else device)
    if not capture.isOpened():
        raise CameraTrouble("cannot be opened", f"close the program that uses it; {devices()}")
    # Most cameras give their larger pictures at a bearable rate in this format alone.
    capture.set(cv2.CAP_PROP_FOURCC, cv2.VideoWriter.fourcc(*"MJPG"))
    width, height = resolution or LARGEST
    capture.set(cv2.CAP_PROP_FRAME_WIDTH, width)
    capture.set(cv2.CAP_PROP_FRAME_HEIGHT, height)
    return Capture(capture, ends=False)


def _check_device(place: Path) -> None:
    """Say what is wrong where the system shows cameras as files; elsewhere opening it will tell."""
    if not DEVICES.is_dir():
        return
    if not place.exists():
        raise CameraTrouble("there is no such camera", f"plug it in, or name another; {devices()}")
    if not os.access(place, os.R_OK | os.W_OK):
        raise CameraTrouble(f"{place} may not be used", "join the group that owns it, mostly `video`")


def devices() -> str:
    """Which cameras the system shows."""
    shown = sorted(str(path) for path in DEVICES.glob("video*"))
    return (
        f"the system shows {', '.join(shown)}" if shown else f"the system shows no camera ({DEVICES}/video*)"
    )


def open_stream(url: str, max_silence: float) -> Capture:
    """Open an RTSP address. Raises CameraTrouble, which never holds it."""
    _hush()
    milliseconds = int(max_silence * 1000)
    waits = [cv2.CAP_PROP_OPEN_TIMEOUT_MSEC, milliseconds, cv2.CAP_PROP_READ_TIMEOUT_MSEC, milliseconds]
    capture = cv2.VideoCapture(url, cv2.CAP_FFMPEG, waits)
    if not capture.isOpened():
        raise CameraTrouble(
            "cannot be reached, or gives no video",
            "check the address, its user and password, and the network",
        )
    return Capture(capture, ends=False)


def _hush() -> None:
    """Keep OpenCV and FFmpeg from writing over the progress line; what matters is said as trouble."""
    # Read by OpenCV when it first turns to FFmpeg; -8 is quiet there.
    os.environ.setdefault("OPENCV_FFMPEG_LOGLEVEL", "-8")
    cv2.utils.logging.setLogLevel(cv2.utils.logging.LOG_LEVEL_SILENT)
