"""Why a download came to nothing, and what `requests` raises in these words.

What `requests` and urllib3 say themselves is never repeated: it holds the whole address.
"""

from __future__ import annotations

import ssl
from collections.abc import Iterator
from contextlib import contextmanager
from http import HTTPStatus

LOGIN = "name headers from the environment, or download it yourself"
NETWORK = "check the address and the network"
HINTS = {
    HTTPStatus.UNAUTHORIZED: f"it asks for a login: {LOGIN}",
    HTTPStatus.FORBIDDEN: f"it asks for a login, or has expired: {LOGIN}",
    HTTPStatus.NOT_FOUND: "check the address",
    HTTPStatus.GONE: "check the address",
}
PASSING = frozenset({408, 425, 429, 500, 502, 503, 504})
"""Statuses that say something about now, and not about the address."""


class NotDownloaded(Exception):
    """A download that came to nothing.

    Parameters
    ----------
    why, hint
        As in a `Problem`.
    again
        Whether to try again may help.
    later
        Whether a later run may go on with what came.
    wait
        Seconds that the site asked to wait before.
    """

    def __init__(
        self,
        why: str,
        hint: str = "",
        *,
        again: bool = False,
        later: bool = False,
        wait: float | None = None,
    ) -> None:
        super().__init__(why)
        self.why = why
        self.hint = hint
        self.again = again
        self.later = later
        self.wait = wait


class Stopped(Exception):
    """The run ends: nothing more is downloaded."""


def of_status(status: int, wait: float | None) -> NotDownloaded:
    """What a status says that is neither a picture nor a way to one."""
    hint = "run again later"
    if 400 <= status < 500 and status not in PASSING:
        hint = HINTS.get(HTTPStatus(status), "check the address") if status in set(HTTPStatus) else ""
    return NotDownloaded(
        f"the address answered with status {status}", hint, again=status in PASSING, wait=wait
    )


@contextmanager
def translated() -> Iterator[None]:
    """Raise NotDownloaded for whatever goes wrong while talking to a site."""
    import requests
    from urllib3.exceptions import HTTPError, LocationParseError, ReadTimeoutError

    try:
        yield
    except (requests.exceptions.SSLError, ssl.SSLError) as error:
        raise _of_certificate(error) from None
    except requests.exceptions.ProxyError:
        why, hint = "the proxy does not let it through", "check HTTPS_PROXY, HTTP_PROXY and NO_PROXY"
        raise NotDownloaded(why, hint, again=True) from None
    except requests.exceptions.InvalidSchema:
        why, hint = "the proxy is of a kind that is not spoken", "name an http proxy in HTTPS_PROXY"
        raise NotDownloaded(why, hint) from None
    except requests.exceptions.InvalidHeader:
        raise NotDownloaded("the site's answer cannot be understood", "download it yourself") from None
    except (requests.exceptions.InvalidURL, LocationParseError):
        raise NotDownloaded("is no address that can be asked for", "check the address") from None
    except UnicodeError:
        raise NotDownloaded("is no address that can be asked for", "check the address") from None
    except (requests.Timeout, ReadTimeoutError, TimeoutError):
        raise NotDownloaded("nothing came for too long", "run again", again=True) from None
    except (requests.RequestException, HTTPError, OSError):
        raise NotDownloaded("the connection broke off", NETWORK, again=True) from None


def _of_certificate(error: BaseException) -> NotDownloaded:
    said = _verification(error)
    if said is None:
        return NotDownloaded("no secure connection comes about", NETWORK, again=True)
    return NotDownloaded(
        f"its certificate is not to be trusted ({said})",
        "check the address; REQUESTS_CA_BUNDLE names a file of your own network's certificates",
    )


def _verification(error: BaseException | None) -> str | None:
    """What the check of a certificate said, wherever in the wrappings of an error it stands."""
    while error is not None:
        if isinstance(error, ssl.SSLCertVerificationError):
            return error.verify_message
        inner = getattr(error, "reason", None) or next(iter(error.args), None)
        error = inner if isinstance(inner, BaseException) else error.__cause__ or error.__context__
    return None


__all__ = ["NotDownloaded", "Stopped", "of_status", "translated"]
