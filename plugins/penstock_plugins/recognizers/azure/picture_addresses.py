"""Addresses from which a service can download a page's picture, so that nothing is sent twice."""

from __future__ import annotations

import threading

from penstock.errors import StorageError
from penstock.model import Page
from penstock.storage import Address, is_address, signed_url
from penstock_plugins.recognizers.azure.fitting import FittedPicture

SIGNED_SECONDS = 3600
"""How long a signed URL is valid. A service downloads a picture some seconds after the submit."""


class PictureAddresses:
    """Finds addresses of pictures, and signs those of objects. Any thread."""

    def __init__(self) -> None:
        # Guards `_unsigned`: the bucket or container of each object that could not be signed.
        self._lock = threading.Lock()
        self._unsigned: set[tuple[str, str]] = set()

    def address_of(self, page: Page, fitted: FittedPicture) -> tuple[str | None, str]:
        """Return a URL of exactly the picture that would be sent, and a note for the report.

        The URL is None without one. There is a note at the first object of a bucket that cannot be signed.
        """
        url = page.picture.url
        if not (url and fitted.is_unchanged and page.to_page.is_identity):
            return None, ""
        return self._signed(Address.parse(url)) if is_address(url) else (url, "")

    def _signed(self, address: Address) -> tuple[str | None, str]:
        place = (address.scheme, address.root)
        with self._lock:
            if place in self._unsigned:
                return None, ""
        try:
            return signed_url(address, SIGNED_SECONDS), ""
        except StorageError as error:
            with self._lock:
                is_first = place not in self._unsigned
                self._unsigned.add(place)
            return None, f"pictures are sent as bytes: {error}" if is_first else ""
