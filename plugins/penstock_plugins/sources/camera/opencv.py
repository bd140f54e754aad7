"""Cameras of this machine and video files through OpenCV, and RTSP streams through its FFmpeg."""

from __future__ import annotations

import logging
import os
import stat
import sys
from pathlib import Path

import cv2
import numpy as np

from penstock_plugins.sources.camera.errors import CameraError
from penstock_plugins.sources.camera.view import Pixels

# Larger than any camera's resolution: drivers choose the nearest that they have, which is the largest.
LARGEST = (10_000, 10_000)
DEVICES = Path("/dev")

log = logging.getLogger(__name__)


class Capture:
    """An open `cv2.VideoCapture`. Unless it ``ends``, as files do, a lack of pictures is an error."""

    def __init__(self, capture: cv2.VideoCapture, *, ends: bool) -> None:
        self._capture, self._ends = capture, ends
        self.rate = float(capture.get(cv2.CAP_PROP_FPS))
        self.count = float(capture.get(cv2.CAP_PROP_FRAME_COUNT))
        width, height = capture.get(cv2.CAP_PROP_FRAME_WIDTH), capture.get(cv2.CAP_PROP_FRAME_HEIGHT)
        log.debug("opened: %d x %d pixels, %g pictures per second", width, height, self.rate)

    def grab(self) -> Pixels | None:
        """Wait for the next picture and return it, or None after the last one. Raises CameraError."""
        is_there, image = self._capture.read()
        if is_there and image is not None:
            return np.asarray(image, np.uint8)
        if self._ends:
            return None
        raise CameraError("sends no more pictures", "check that it is plugged in and reachable")

    def close(self) -> None:
        self._capture.release()


def open_video(path: Path) -> Capture:
    """Open a video file. Raises CameraError."""
    _check_file(path)
    _silence()
    capture = cv2.VideoCapture(str(path))
    if not capture.isOpened():
        raise CameraError("is not a video that can be read", "convert it to MP4 (H.264) or AVI (MJPG)")
    return Capture(capture, ends=True)


def _check_file(path: Path) -> None:
    try:
        mode = path.stat().st_mode
    except FileNotFoundError:
        raise CameraError("there is no such file", f"check the path; {listed_devices()}") from None
    except OSError as error:
        raise CameraError(f"cannot be accessed ({error.strerror})", "check the path") from error
    if not stat.S_ISREG(mode):
        raise CameraError("is not a video file", "name a file, the number of a camera, or its address")
    if not os.access(path, os.R_OK):
        raise CameraError("cannot be read", "check its permissions")


def open_device(device: int | Path, resolution: tuple[int, ...] | None) -> Capture:
    """Open a camera of this machine. Raises CameraError."""
    _check_device(device if isinstance(device, Path) else DEVICES / f"video{device}")
    _silence()
    capture = cv2.VideoCapture(str(device) if isinstance(device, Path) else device)
    if not capture.isOpened():
        raise CameraError("cannot be opened", f"close the program that uses it; {listed_devices()}")
    # Most cameras send large pictures at a usable rate in this format only.
    capture.set(cv2.CAP_PROP_FOURCC, cv2.VideoWriter.fourcc(*"MJPG"))
    width, height = resolution or LARGEST
    capture.set(cv2.CAP_PROP_FRAME_WIDTH, width)
    capture.set(cv2.CAP_PROP_FRAME_HEIGHT, height)
    return Capture(capture, ends=False)


def _check_device(path: Path) -> None:
    # Only Linux shows cameras as files. Elsewhere opening the camera fails, with less to say.
    if sys.platform != "linux":
        return
    if not path.exists():
        raise CameraError("there is no such camera", f"plug it in, or name another; {listed_devices()}")
    if not os.access(path, os.R_OK | os.W_OK):
        raise CameraError(f"{path} cannot be accessed", "join the group that owns it, usually `video`")


def listed_devices() -> str:
    """Return a sentence that names the cameras of this machine."""
    paths = ", ".join(sorted(str(path) for path in DEVICES.glob("video*")))
    return f"this machine has {paths}" if paths else f"this machine has no camera ({DEVICES}/video*)"


def open_stream(url: str, max_silence: float) -> Capture:
    """Open an RTSP URL. Raises CameraError, which does not contain the URL."""
    _silence()
    timeout = int(max_silence * 1000)
    options = [cv2.CAP_PROP_OPEN_TIMEOUT_MSEC, timeout, cv2.CAP_PROP_READ_TIMEOUT_MSEC, timeout]
    capture = cv2.VideoCapture(url, cv2.CAP_FFMPEG, options)
    if not capture.isOpened():
        hint = "check the address, its user and password, and the network"
        raise CameraError("cannot be reached, or sends no video", hint)
    return Capture(capture, ends=False)


def _silence() -> None:
    """Keep OpenCV and FFmpeg from writing to stderr, where the progress is shown."""
    # OpenCV reads the variable when it first uses FFmpeg; -8 means quiet.
    os.environ.setdefault("OPENCV_FFMPEG_LOGLEVEL", "-8")
    cv2.utils.logging.setLogLevel(cv2.utils.logging.LOG_LEVEL_SILENT)
