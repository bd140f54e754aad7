"""Why a download failed, and the translation of what `requests` and urllib3 raise.

Their own messages are never repeated, because they contain the whole URL.
"""

from __future__ import annotations

import ssl
from collections.abc import Iterator
from contextlib import contextmanager
from http import HTTPStatus

LOGIN = "send headers from the environment, or download it yourself"
NETWORK = "check the address and the network"
HINTS: dict[int, str] = {
    HTTPStatus.UNAUTHORIZED: f"the server asks for a login: {LOGIN}",
    HTTPStatus.FORBIDDEN: f"the server asks for a login, or the address has expired: {LOGIN}",
}
# Statuses that may go away when the request is repeated.
TRANSIENT = frozenset({408, 425, 429, 500, 502, 503, 504})


class NotDownloaded(Exception):
    """A download that failed; `why` and `hint` as in a `Problem`."""

    def __init__(self, why: str, hint: str = "", *, retry: bool = False, wait: float | None = None) -> None:
        super().__init__(why)
        self.why, self.hint = why, hint
        self.retry = retry  # whether another attempt may succeed
        self.wait = wait  # seconds that the server asked to wait before the next attempt


class Stopped(Exception):
    """The run ends, and with it all downloads."""


def failed_status(status: int, wait: float | None) -> NotDownloaded:
    """Return the error for a status that is neither success nor redirect."""
    hint = "run again later"
    if 400 <= status < 500 and status not in TRANSIENT:
        hint = HINTS.get(status, "check the address")
    why = f"the server answered with status {status}"
    return NotDownloaded(why, hint, retry=status in TRANSIENT, wait=wait)


@contextmanager
def translate_errors() -> Iterator[None]:
    """Raise NotDownloaded for everything that `requests`, urllib3 and sockets raise."""
    from requests import Timeout, exceptions
    from urllib3.exceptions import DecodeError, HTTPError, LocationParseError, ReadTimeoutError

    try:
        yield
    except (exceptions.SSLError, ssl.SSLError) as error:
        raise _tls_failure(error) from None
    except exceptions.ProxyError:
        why, hint = "the proxy refused the connection", "check HTTPS_PROXY, HTTP_PROXY and NO_PROXY"
        raise NotDownloaded(why, hint, retry=True) from None
    except exceptions.InvalidSchema:
        why, hint = "the proxy's protocol is not supported", "set HTTPS_PROXY to an http proxy"
        raise NotDownloaded(why, hint) from None
    except exceptions.InvalidHeader:
        raise NotDownloaded("the server sent an invalid header", "download it yourself") from None
    except (exceptions.InvalidURL, LocationParseError, UnicodeError):
        raise NotDownloaded("is not a valid URL", "check the address") from None
    except DecodeError:
        why = "the content's compression is damaged"
        raise NotDownloaded(why, "download it yourself and read the file") from None
    except (Timeout, ReadTimeoutError, TimeoutError):
        raise NotDownloaded("the server sent nothing for too long", "run again", retry=True) from None
    except (exceptions.RequestException, HTTPError, OSError):
        raise NotDownloaded("the connection was interrupted", NETWORK, retry=True) from None


def _tls_failure(error: BaseException) -> NotDownloaded:
    reason = _verification_message(error)
    if reason is None:
        return NotDownloaded("no secure connection could be established", NETWORK, retry=True)
    hint = "check the address; set REQUESTS_CA_BUNDLE to a file with the certificates of your own network"
    return NotDownloaded(f"the server's certificate cannot be verified ({reason})", hint)


def _verification_message(error: BaseException | None) -> str | None:
    """Return why a certificate was refused. requests and urllib3 wrap that error several times."""
    while error is not None:
        if isinstance(error, ssl.SSLCertVerificationError):
            return error.verify_message
        inner = getattr(error, "reason", None) or next(iter(error.args), None)
        error = inner if isinstance(inner, BaseException) else error.__cause__ or error.__context__
    return None
