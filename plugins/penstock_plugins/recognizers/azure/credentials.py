"""Headers that authenticate a request: the resource's key or an Entra ID token."""

from __future__ import annotations

import importlib
import logging
import math
import threading
import time
from collections.abc import Callable, Mapping
from typing import Any

from penstock.errors import StopRun
from penstock.secret import Secret
from penstock_plugins.recognizers.azure.endpoint import Endpoint

KEY_HEADER = "Ocp-Apim-Subscription-Key"
INVALID = "key must be printable ASCII without spaces"
COPY_AGAIN = "copy it again from the resource's page"
RENEW_BEFORE = 300.0  # seconds before a token expires
AuthHeaders = Callable[[], Mapping[str, str]]  # returns the headers that authenticate one request

log = logging.getLogger(__name__)


def checked_key(key: Secret | None, variable: str) -> Secret:
    """Return the key. Raises ValueError, without the key in its message, if it is missing or invalid."""
    if key is None:
        raise ValueError(f'key must not be empty: set {variable}, or write key = "${{NAME_OF_A_VARIABLE}}"')
    if not _can_be_sent(key):
        raise ValueError(f"{INVALID}; {COPY_AGAIN}")
    return key


def _can_be_sent(key: Secret) -> bool:
    value = key.reveal()
    return value.isascii() and value.isprintable() and " " not in value


def key_headers(key: Secret) -> AuthHeaders:
    """Authenticate by a key, which may be replaced between two requests if it is in a file."""

    def headers() -> Mapping[str, str]:
        if not _can_be_sent(key):
            raise StopRun(INVALID, COPY_AGAIN)
        return {KEY_HEADER: key.reveal()}

    return headers


def token_headers(endpoint: Endpoint) -> AuthHeaders:
    """Authenticate by a token of the identity that azure-identity finds. Raises ValueError without it."""
    try:
        credential = importlib.import_module("azure.identity").DefaultAzureCredential()
    except ImportError as error:
        raise ValueError(
            "credential = \"entra\" needs azure-identity: pip install 'penstock[entra]'"
        ) from error
    return TokenHeaders(credential.get_token, endpoint.token_scope)


class TokenHeaders:
    """Authenticates by a token and renews it shortly before it expires. Can be called from any thread.

    azure-identity itself caches only some tokens: for that of the Azure CLI, it starts a process each time.
    How long a token is valid is measured on a monotonic clock, so that a system clock which is set back does
    not keep an expired token in use.
    """

    def __init__(
        self, get_token: Callable[[str], Any], scope: str, now: Callable[[], float] = time.monotonic
    ) -> None:
        self._get_token = get_token
        self._scope = scope
        self._now = now
        self._token = Secret("none yet")
        self._renew_at = -math.inf
        # Held during a renewal, so that several threads do not renew the token at once.
        self._lock = threading.Lock()

    def __call__(self) -> Mapping[str, str]:
        """Return the headers of one request. Raises StopRun if there is no token."""
        with self._lock:
            if (now := self._now()) >= self._renew_at:
                self._renew(now)
            return {"Authorization": f"Bearer {self._token.reveal()}"}

    def _renew(self, now: float) -> None:
        try:
            token = self._get_token(self._scope)
            valid_for = token.expires_on - time.time()
            self._token, self._renew_at = Secret(str(token.token)), now + valid_for - RENEW_BEFORE
        except Exception as error:
            # azure-identity is optional, so its exceptions cannot be named. Their text may be secret.
            hint = "sign in (az login), or give the machine an identity with the role Cognitive Services User"
            raise StopRun(f"cannot get a token from Entra ID ({type(error).__name__})", hint) from error
        log.debug("got a new Entra ID token")
