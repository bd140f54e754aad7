"""Sends a notification to a web address, signed as https://www.standardwebhooks.com describes."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import uuid
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from urllib.parse import urlsplit

from penstock.secret import Secret
from penstock_plugins.observers.notify.message import Message
from penstock_plugins.observers.notify.retrying import NotDelivered

TIMEOUT = 10.0  # seconds to connect, and between two parts of an answer
_TEMPORARY = (408, 425, 429, 500, 502, 503, 504)
_PREFIX = "whsec_"


@dataclass(frozen=True, slots=True)
class Webhook:
    """A web address that takes notifications as JSON. Raises ValueError if it is no such address."""

    url: str
    secret: Secret | None = None

    def __post_init__(self) -> None:
        split = urlsplit(self.url)
        if split.scheme not in ("http", "https") or not split.hostname:
            raise ValueError("webhook must be an address that begins with https:// or http://")

    @property
    def title(self) -> str:
        """The address for messages: its path may be a secret."""
        split = urlsplit(self.url)
        return f"the webhook at {split.scheme}://{split.netloc.rpartition('@')[2]}"

    def send(self, message: Message, text: str, time: float) -> None:
        """Send a notification. Raises NotDelivered."""
        import requests

        body = json.dumps({**asdict(message), "text": text, "time": int(time)}).encode()
        headers = {"Content-Type": "application/json", "User-Agent": "penstock"}
        if self.secret:
            headers |= signature(self.secret.reveal(), uuid.uuid4().hex, int(time), body)
        try:
            # A redirect could lead to another host, or turn the request into one without a body.
            answer = requests.post(
                self.url, data=body, headers=headers, timeout=TIMEOUT, allow_redirects=False
            )
        except requests.RequestException as error:
            # The error itself may quote the address.
            raise NotDelivered(type(error).__name__, is_temporary=True) from None
        if not 200 <= answer.status_code < 300:
            raise NotDelivered(
                f"it answered {answer.status_code}", is_temporary=answer.status_code in _TEMPORARY
            )


def signature(secret: str, identity: str, time: int, body: bytes) -> Mapping[str, str]:
    """Return the headers that prove who sent a body: an HMAC with SHA-256 of ``ID.TIME.BODY``.

    A secret that begins with ``whsec_`` is base64; of another one, its UTF-8 bytes are the key.
    """
    key = secret.encode()
    if secret.startswith(_PREFIX):
        key = base64.b64decode(secret.removeprefix(_PREFIX))
    signed = hmac.new(key, f"{identity}.{time}.".encode() + body, hashlib.sha256).digest()
    return {
        "webhook-id": identity,
        "webhook-timestamp": str(time),
        "webhook-signature": f"v1,{base64.b64encode(signed).decode()}",
    }
