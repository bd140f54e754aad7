"""Opens file systems, and translates what their libraries raise."""

from __future__ import annotations

import errno
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from penstock.errors import (
    ObjectChanged,
    ObjectMissing,
    PenstockError,
    StorageError,
    StorageForbidden,
    StorageUnreachable,
)
from penstock.storage.address import SCHEMES, Address

CONNECT_SECONDS = 10
READ_SECONDS = 30
"""How long a service may take to send something."""
ATTEMPTS = 4
"""At a request to S3 that gets no answer, or is refused because there are too many."""

RUN_AGAIN = "run the same command again"

# By name, for only some of the libraries are installed.
_NO_CREDENTIALS = {
    *("NoCredentialsError", "PartialCredentialsError", "CredentialRetrievalError", "ProfileNotFound"),
    *("NoAuthTokenError", "TokenRetrievalError", "SSOTokenLoadError", "UnauthorizedSSOTokenError"),
    *("CredentialUnavailableError", "ClientAuthenticationError"),
    *("DefaultCredentialsError", "RefreshError"),
    *("AuthenticationException", "PasswordRequiredException"),
}
# Two libraries say so in general exceptions.
_NO_CREDENTIALS_TEXTS = (
    "must provide either a connection_string or account_name",
    "no authentication methods available",
)
_UNREACHABLE = {
    *("EndpointConnectionError", "HTTPClientError", "ConnectTimeoutError", "ProxyConnectionError"),
    *("ServiceRequestError", "ServiceResponseError", "ClientConnectionError", "FSTimeoutError"),
    *("ServerTimeoutError", "NoValidConnectionsError", "gaierror", "IncompleteReadError"),
    *("ClientPayloadError", "ResponseStreamingError", "EOFError"),
}
_CONFLICTS = ("PreconditionFailed", "ConditionalRequestConflict", "BlobAlreadyExists", "ConditionNotMet")
_BUSY = (errno.EBUSY, getattr(errno, "EREMOTEIO", errno.EIO), errno.ECONNRESET, errno.EPIPE)
_CREDENTIALS = {
    "s3": "set AWS_PROFILE, or AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY",
    "gs": "run `gcloud auth application-default login`, or set GOOGLE_APPLICATION_CREDENTIALS",
    "gcs": "run `gcloud auth application-default login`, or set GOOGLE_APPLICATION_CREDENTIALS",
    "sftp": "use a key of ~/.ssh or of the SSH agent",
}
_AZURE_CREDENTIALS = (
    "set AZURE_STORAGE_CONNECTION_STRING, or AZURE_STORAGE_ACCOUNT_NAME and AZURE_STORAGE_ACCOUNT_KEY,"
    " or run `az login` and set AZURE_STORAGE_ACCOUNT_NAME"
)


def connect(address: Address) -> Any:
    """Return the fsspec file system of an address, with the user's usual credentials. Any thread.

    Objects are known to it by `Address.path`. Calls of its methods belong into `translated`. Raises
    StorageError if a library is missing or no credentials are found.
    """
    with translated(address):
        import fsspec

        cls = fsspec.get_filesystem_class(address.scheme)
        filesystem = cls(**_options(cls, address))
        if address.scheme == "s3":
            # botocore tries again. s3fs would multiply its attempts, and so the time until an error shows.
            filesystem.retries = 1
        elif address.scheme == "sftp":
            transport = filesystem.client.get_transport()
            if transport is None or not transport.is_active():
                filesystem._connect()
            # SSH itself waits without end.
            filesystem.ftp.get_channel().settimeout(READ_SECONDS)
        return filesystem


def _options(cls: Any, address: Address) -> dict[str, Any]:
    """Return the options of a file system. Those of the user's own fsspec configuration come first."""
    from fsspec.config import conf

    options: dict[str, Any] = {"use_listings_cache": False}
    if address.scheme == "s3":
        retries = {"mode": "standard", "total_max_attempts": ATTEMPTS}
        times = {"connect_timeout": CONNECT_SECONDS, "read_timeout": READ_SECONDS}
        # For signed URLs, botocore still prefers version 2, which newer buckets refuse.
        options["config_kwargs"] = {**times, "retries": retries, "signature_version": "s3v4"}
    elif SCHEMES[address.scheme] == "adlfs":
        options |= {"connection_timeout": CONNECT_SECONDS, "read_timeout": READ_SECONDS}
    elif SCHEMES[address.scheme] == "gcsfs":
        # For a whole request, with its body.
        options["requests_timeout"] = 2 * READ_SECONDS
    elif address.scheme == "sftp":
        from penstock.storage.known_hosts import KnownHosts

        # All options go to SSH.
        options = {"host_key_policy": KnownHosts, "timeout": CONNECT_SECONDS}
    configured = conf.get(address.scheme, {})
    own = {name: value for name, value in options.items() if name not in configured}
    of_address: dict[str, Any] = cls._get_kwargs_from_urls(f"{address.scheme}://{address.root}/")
    return own | of_address


@contextmanager
def translated(address: Address) -> Iterator[None]:
    """Raise StorageError for what a library of object storage raises. Other errors of penstock pass."""
    try:
        yield
    except PenstockError:
        raise
    except Exception as error:
        raise storage_error(address, error) from error


def storage_error(address: Address, error: Exception) -> StorageError:
    """Return the StorageError for an exception of a library."""
    names = {cls.__name__ for each in _chain(error) for cls in type(each).__mro__}
    status = next((code for each in _chain(error) if (code := _status(each))), 0)
    if isinstance(error, ImportError):
        return StorageError(
            f"{address}: a library for {address.scheme}:// is missing ({error.name or error})",
            "pip install 'penstock[storage]'",
        )
    if names & {"NoSuchBucket", "ContainerNotFound"} or _code(error) in ("NoSuchBucket", "ContainerNotFound"):
        root = Address(address.scheme, address.root, "")
        return StorageError(f"{root}: does not exist", "create it, or correct the address")
    if isinstance(error, FileNotFoundError) or status == 404:
        return ObjectMissing(f"{address}: does not exist", "correct the address")
    if isinstance(error, FileExistsError) or status == 412 or _code(error) in _CONFLICTS:
        return ObjectChanged(f"{address}: was written by another program meanwhile", RUN_AGAIN)
    if names & _NO_CREDENTIALS or any(text in str(error).lower() for text in _NO_CREDENTIALS_TEXTS):
        hint = _CREDENTIALS.get(address.scheme, _AZURE_CREDENTIALS)
        return StorageError(f"{address}: no valid credentials ({_reason(error)})", hint)
    is_forbidden = isinstance(error, PermissionError) or str(error).startswith("Forbidden: ")  # of gcsfs
    if is_forbidden or status in (401, 403):
        return StorageForbidden(
            f"{address}: access is forbidden ({_reason(error)})",
            "the credentials must be valid, and may have to list, read and write in this place",
        )
    is_busy = isinstance(error, OSError) and error.errno in _BUSY
    if isinstance(error, ConnectionError | TimeoutError) or names & _UNREACHABLE or is_busy or status >= 500:
        return StorageUnreachable(
            f"{address}: the service cannot be reached now ({_reason(error)})", RUN_AGAIN
        )
    return StorageError(
        f"{address}: cannot be used ({_reason(error)})",
        "correct the address or the settings of the service; the cause can also be expired credentials",
    )


def _chain(error: BaseException | None) -> Iterator[BaseException]:
    """Iterate over an exception and its causes."""
    while error is not None:
        yield error
        error = error.__cause__ or error.__context__


def _code(error: BaseException) -> str:
    """Return a service's own code of an error: ``NoSuchBucket``; may be empty."""
    for each in _chain(error):
        response = getattr(each, "response", None)  # of botocore
        if isinstance(response, dict):
            return str(response.get("Error", {}).get("Code", ""))
        if code := getattr(each, "error_code", None):  # of azure-storage-blob
            return str(getattr(code, "value", code))
    return ""


def _status(error: BaseException) -> int:
    """Return the HTTP status of an error; 0 without one."""
    for name in ("status_code", "code", "status"):  # of azure-core, gcsfs and aiohttp
        code = getattr(error, name, None)
        if isinstance(code, int):
            return code
    response = getattr(error, "response", None)
    if isinstance(response, dict):
        return int(response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0))
    return 0


def _reason(error: Exception) -> str:
    """Return the beginning of a message, which names neither keys nor signed addresses."""
    text = " ".join(str(error).split())
    return (text.partition("?")[0] or type(error).__name__)[:200].rstrip(". ")
