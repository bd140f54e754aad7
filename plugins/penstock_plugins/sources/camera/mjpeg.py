"""Network cameras that send JPEG pictures one after the other over HTTP (``multipart/x-mixed-replace``).

FFmpeg reads such streams, too, but not robustly: it ends the stream at a wrong Content-Length or at a part
that is not a JPEG, returns damaged pictures as if they were whole, ignores parts without a Content-Type,
follows redirects, and does not tell why a stream cannot be opened.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from http import HTTPStatus
from io import BytesIO

import numpy as np
import requests
from PIL import Image
from requests.auth import HTTPBasicAuth, HTTPDigestAuth
from urllib3.exceptions import HTTPError

from penstock_plugins.sources.camera.address import CameraAddress
from penstock_plugins.sources.camera.errors import CameraError
from penstock_plugins.sources.camera.multipart import CHECK_CAMERA, PartReader, boundary_of
from penstock_plugins.sources.camera.view import Pixels

Authentication = Callable[[requests.PreparedRequest], requests.PreparedRequest]
CHUNK = 65_536

LOGIN = "put user and password into the address, from the environment: http://${USER}:${PASSWORD}@HOST/PATH"
HINTS: dict[int, str] = {
    HTTPStatus.UNAUTHORIZED: LOGIN,
    HTTPStatus.FORBIDDEN: LOGIN,
    HTTPStatus.NOT_FOUND: "check the path: the camera's manual states that of its MJPEG stream",
    HTTPStatus.SERVICE_UNAVAILABLE: "close other programs that use this camera",
}


class MjpegCamera:
    def __init__(self, response: requests.Response) -> None:
        self._response = response
        self._parts = iter(PartReader(_chunks(response), boundary_of(response.headers["Content-Type"])))

    def grab(self) -> Pixels | None:
        """Return the next whole picture, or None at the end of the stream. Raises CameraError."""
        try:
            return next((image for part in self._parts if (image := decoded(part)) is not None), None)
        except (HTTPError, OSError) as error:
            raise CameraError("the stream was interrupted", CHECK_CAMERA) from error

    def close(self) -> None:
        self._response.close()


def _chunks(response: requests.Response) -> Iterator[bytes]:
    # `iter_content` would wait until a chunk is full, and so delay the end of a picture.
    while chunk := response.raw.read1(CHUNK, decode_content=True):
        yield chunk


def open_mjpeg(address: CameraAddress, max_silence: float) -> MjpegCamera:
    """Request the stream. Raises CameraError."""
    try:
        response = _response(address, max_silence)
    except requests.RequestException:
        # The exception's text contains the address.
        raise CameraError("cannot be reached", "check the address and the network") from None
    try:
        _check(response)
    except CameraError:
        response.close()
        raise
    return MjpegCamera(response)


def _response(address: CameraAddress, max_silence: float) -> requests.Response:
    session = requests.Session()

    def get(auth: Authentication) -> requests.Response:
        return session.get(
            address.without_credentials(),
            auth=auth,
            stream=True,
            # `LiveFrames` notices silence first, and reports it better than a read timeout.
            timeout=(max_silence, 2 * max_silence),
            allow_redirects=False,
        )

    if address.credentials is None:
        # Without an explicit auth, requests sends the credentials of ~/.netrc.
        return get(lambda request: request)
    # Basic authentication sends the password readably, so it is used only if Digest is refused.
    response = get(HTTPDigestAuth(*address.credentials))
    if response.status_code == HTTPStatus.UNAUTHORIZED:
        response.close()
        return get(HTTPBasicAuth(*address.credentials))
    return response


def _check(response: requests.Response) -> None:
    status = response.status_code
    if response.is_redirect:
        raise CameraError("redirects to another address", "open it in a browser, and use the final address")
    if status != HTTPStatus.OK:
        raise CameraError(f"answered with status {status}", HINTS.get(status, "run again later"))
    kind = response.headers.get("Content-Type", "").partition(";")[0].strip().lower()
    if not kind.startswith("multipart/"):
        names = {"text/html": "a web page", "image/jpeg": "a single picture"}
        hint = "the camera's manual states the address of its MJPEG or RTSP stream"
        raise CameraError(f"sends {names.get(kind, 'something else')} instead of an MJPEG stream", hint)


def decoded(content: bytes) -> Pixels | None:
    """Return a JPEG's pixels in OpenCV's order; None if it is damaged. Raises CameraError for too many."""
    try:
        # Pillow checks the size in the header before it decodes anything.
        with Image.open(BytesIO(content), formats=("JPEG",)) as image:
            return np.asarray(image.convert("RGB"), np.uint8)[:, :, ::-1]
    except Image.DecompressionBombError:
        raise CameraError("sends pictures too large to decode", "set a lower resolution there") from None
    except (OSError, SyntaxError, ValueError):
        return None
