"""How a call proves who we are: by the resource's key, or by an Entra ID token."""

from __future__ import annotations

import importlib
from collections.abc import Callable, Mapping
from typing import Any

from penstock.errors import StopRun
from penstock.secret import Secret
from penstock_plugins.recognizers.azure.endpoint import Endpoint

KEY_HEADER = "Ocp-Apim-Subscription-Key"

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

    The library keeps the token and renews it; each call asks it. Raises ValueError if it is not there.
    """
    try:
        credential = importlib.import_module("azure.identity").DefaultAzureCredential()
    except ImportError as error:
        raise ValueError(
            "credential = \"entra\" needs azure-identity: pip install 'penstock[entra]'"
        ) from error
    return lambda: {"Authorization": f"Bearer {_token(credential.get_token, endpoint.token_scope)}"}


def _token(get_token: Callable[[str], Any], scope: str) -> str:
    try:
        return str(get_token(scope).token)
    except Exception as error:
        # The library's own errors cannot be named where it is not installed.
        raise StopRun(
            f"Entra ID gave no token ({type(error).__name__})",
            "sign in (az login), or give the machine an identity with the role Cognitive Services User",
        ) from error
