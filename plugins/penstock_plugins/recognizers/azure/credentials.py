"""How a call proves who we are: by the resource's key, or by an Entra ID token."""

from __future__ import annotations

import importlib
import threading
import time
from collections.abc import Callable, Mapping
from typing import Any

from penstock.errors import StopRun
from penstock.secret import Secret
from penstock_plugins.recognizers.azure.endpoint import Endpoint

KEY_HEADER = "Ocp-Apim-Subscription-Key"
RENEW_BEFORE = 300.0
"""Seconds before a token expires."""

Signature = Callable[[], Mapping[str, str]]
"""Gives the headers that sign one call."""


def checked_key(key: Secret | None, variable: str) -> Secret:
    """The key without the newline that files and shells leave behind it.

    Raises ValueError, never with the key in it, if it cannot be one.
    """
    value = key.reveal().strip() if key else ""
    if not value:
        raise ValueError(f'there is no key: set {variable}, or write key = "${{NAME_OF_A_VARIABLE}}"')
    if not (value.isascii() and value.isprintable()) or " " in value:
        raise ValueError("the key holds characters that no key has; copy it again from the resource's page")
    return Secret(value)


def key_signature(key: Secret) -> Signature:
    """Sign with the resource's key."""
    return lambda: {KEY_HEADER: key.reveal()}


def token_signature(endpoint: Endpoint) -> Signature:
    """Sign with a token of whoever this machine or its user is, as azure-identity finds it.

    Raises ValueError if that library is not there.
    """
    try:
        credential = importlib.import_module("azure.identity").DefaultAzureCredential()
    except ImportError as error:
        raise ValueError(
            "credential = \"entra\" needs azure-identity: pip install 'penstock[entra]'"
        ) from error
    return TokenSignature(credential.get_token, endpoint.token_scope)


class TokenSignature:
    """Signs with a token, kept until shortly before it expires; from any thread.

    azure-identity itself keeps the tokens of some credentials only: the one of the Azure CLI starts a
    process for every call.
    """

    def __init__(
        self, get_token: Callable[[str], Any], scope: str, now: Callable[[], float] = time.time
    ) -> None:
        self._get_token = get_token
        self._scope = scope
        self._now = now
        self._token = Secret("none yet")
        self._renew_at = 0.0
        self._lock = threading.Lock()

    def __call__(self) -> Mapping[str, str]:
        """Sign one call. Raises StopRun if there is no token to be had."""
        with self._lock:
            if self._now() >= self._renew_at:
                self._renew()
            return {"Authorization": f"Bearer {self._token.reveal()}"}

    def _renew(self) -> None:
        try:
            answer = self._get_token(self._scope)
            self._token, self._renew_at = Secret(str(answer.token)), answer.expires_on - RENEW_BEFORE
        except Exception as error:
            # The library's own errors cannot be named where it is not installed.
            raise StopRun(
                f"Entra ID gave no token ({type(error).__name__})",
                "sign in (az login), or give the machine an identity with the role Cognitive Services User",
            ) from error
