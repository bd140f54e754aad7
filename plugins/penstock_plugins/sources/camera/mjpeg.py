"""Network cameras that send JPEG pictures one after the other over HTTP (``multipart/x-mixed-replace``).

Read here and not by FFmpeg, which waits for ever on a stream that stalls and believes every length.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from http import HTTPStatus
from io import BytesIO
from typing import TYPE_CHECKING

import numpy as np
from PIL import Image

from penstock_plugins.sources.camera.address import Address
from penstock_plugins.sources.camera.multipart import STILL_THERE, boundary_of, parts
from penstock_plugins.sources.camera.trouble import CameraTrouble
from penstock_plugins.sources.camera.views import Pixels

if TYPE_CHECKING:
    import requests

    Authentication = Callable[[requests.PreparedRequest], requests.PreparedRequest]

CHUNK = 65_536

LOGIN = "write user and password into the address, from the environment: http://${USER}:${PASSWORD}@HOST/PATH"
HINTS = {
    HTTPStatus.UNAUTHORIZED: LOGIN,
    HTTPStatus.FORBIDDEN: LOGIN,
    HTTPStatus.NOT_FOUND: "check the path: the camera's manual names that of its MJPEG stream",
    HTTPStatus.SERVICE_UNAVAILABLE: "close other programs that watch this camera",
}


class MjpegCamera:
    """A camera behind an http address."""

    def __init__(self, response: requests.Response) -> None:
        self._response = response
        boundary = boundary_of(response.headers["Content-Type"])
        self._parts = parts(_chunks(response), boundary)

    def grab(self) -> Pixels | None:
        """See `frames.Camera`. A damaged picture is passed over."""
        from urllib3.exceptions import HTTPError

        try:
            for part in self._parts:
                image = decoded(part)
                if image is not None:
                    return image
        except (HTTPError, OSError) as error:
            raise CameraTrouble("the stream broke off", STILL_THERE) from error
        return None

    def close(self) -> None:
        """Let go."""
        self._response.close()


def _chunks(response: requests.Response) -> Iterator[bytes]:
    """What comes, as it comes: `iter_content` would hold back a picture's end until a chunk is full."""
    while chunk := response.raw.read1(CHUNK, decode_content=True):
        yield chunk


def open_mjpeg(address: Address, max_silence: float) -> MjpegCamera:
    """Ask for the stream. Raises CameraTrouble."""
    import requests

    try:
        response = _asked(address, max_silence)
    except requests.RequestException:
        # Its text holds the address.
        raise CameraTrouble("cannot be reached", "check the address and the network") from None
    try:
        _refuse(response)
    except CameraTrouble:
        response.close()
        raise
    return MjpegCamera(response)


def _asked(address: Address, max_silence: float) -> requests.Response:
    """The answer; a password is sent readably only to a camera that knows no better."""
    import requests
    from requests.auth import HTTPBasicAuth, HTTPDigestAuth

    session = requests.Session()

    def get(auth: Authentication) -> requests.Response:
        return session.get(
            address.without_credentials(),
            auth=auth,
            stream=True,
            # Whoever looks at the pictures waits half as long, and says so in better words.
            timeout=(max_silence, 2 * max_silence),
            allow_redirects=False,
        )

    if address.credentials is None:
        return get(_nothing)
    answer = get(HTTPDigestAuth(*address.credentials))
    if answer.status_code == HTTPStatus.UNAUTHORIZED:
        answer.close()
        return get(HTTPBasicAuth(*address.credentials))
    return answer


def _refuse(response: requests.Response) -> None:
    status = response.status_code
    if response.is_redirect:
        raise CameraTrouble(
            "the address leads elsewhere", "open it in a browser, and write where it leads to"
        )
    if status != HTTPStatus.OK:
        hint = HINTS.get(HTTPStatus(status), "run again later") if status in set(HTTPStatus) else ""
        raise CameraTrouble(f"answered with status {status}", hint)
    kind = response.headers.get("Content-Type", "").partition(";")[0].strip().lower()
    if not kind.startswith("multipart/"):
        what = {"text/html": "a web page", "image/jpeg": "a single picture"}.get(kind, "no MJPEG stream")
        raise CameraTrouble(
            f"gives {what}", "the camera's manual names the address of its MJPEG or RTSP stream"
        )


def decoded(content: bytes) -> Pixels | None:
    """A JPEG's pixels in OpenCV's order; None if it is damaged. Raises CameraTrouble for a bomb."""
    try:
        # Its size is known, and refused if it is unbearable, before anything is decoded.
        with Image.open(BytesIO(content), formats=("JPEG",)) as image:
            return np.asarray(image.convert("RGB"), np.uint8)[:, :, ::-1]
    except Image.DecompressionBombError:
        raise CameraTrouble("sends pictures too large to decode", "set a lower resolution there") from None
    except (OSError, SyntaxError, ValueError):
        return None


def _nothing(request: requests.PreparedRequest) -> requests.PreparedRequest:
    """No credentials at all, so that ~/.netrc is sent nowhere."""
    return request
