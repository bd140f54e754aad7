"""The download of one address: conditions, redirects, limits and retries."""

from __future__ import annotations

import logging
import threading
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from itertools import count
from pathlib import Path

from requests import Response

from penstock.spool import Spool
from penstock_plugins.sources.incoming import IncomingFile, TooLarge
from penstock_plugins.sources.pages import PageFinder
from penstock_plugins.sources.url.addresses import Address, AddressError, parse_address
from penstock_plugins.sources.url.cache import DownloadCache
from penstock_plugins.sources.url.content import check_compression, check_content, suffix_of
from penstock_plugins.sources.url.credentials import Credentials
from penstock_plugins.sources.url.errors import NotDownloaded, Stopped, failed_status, translate_errors
from penstock_plugins.sources.url.guard import Guard
from penstock_plugins.sources.url.hosts import Clock, HostLimiter, retry_after
from penstock_plugins.sources.url.names import name_of
from penstock_plugins.sources.url.session import DownloadSession

# Bytes to read at once. Older versions of urllib3 decompress all of them at once, up to 16 MB.
CHUNK = 16_384
ATTEMPTS = 4
MAX_REDIRECTS = 10
REDIRECT_STATUSES = frozenset({301, 302, 303, 307, 308})

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class DownloadOptions:
    spool: Spool
    guard: Guard
    hosts: HostLimiter
    clock: Clock
    credentials: Credentials
    finder: PageFinder
    max_megabytes: float
    max_seconds: float


@dataclass(frozen=True, slots=True)
class Downloaded:
    """A whole picture or PDF in the spool, and the name of its document."""

    path: Path
    name: str


class Download:
    def __init__(self, options: DownloadOptions, address: Address, session: DownloadSession) -> None:
        self._options = options
        self._address = address
        self._session = session
        self._cache = DownloadCache(options.spool)
        self._cached = self._cache.find(address)
        self._spent = 0.0  # seconds of max_seconds; time in the host's queue does not count
        self._requested = address  # the address of the latest request, after redirects
        self._sent: dict[str, str] = {}  # the secret headers of the latest request

    def run(self) -> Downloaded:
        """Download the address, in several attempts if that may help. Raises NotDownloaded or Stopped."""
        for attempt in count(1):
            try:
                return self._options.spool.with_room(self._attempt)
            except NotDownloaded as error:
                if not error.retry or attempt == ATTEMPTS:
                    raise
                self._wait(error, attempt)
        raise AssertionError("unreachable")

    def _wait(self, error: NotDownloaded, attempt: int) -> None:
        """Wait before the next attempt: as long as the server asked for, or 1, 2 and 4 seconds."""
        host = self._requested.host
        seconds = 2.0 ** (attempt - 1) if error.wait is None else error.wait
        if self._spent + seconds >= self._options.max_seconds:
            asked = "" if error.wait is None else f" and asked to wait {seconds:,.0f} seconds"
            raise NotDownloaded(error.why + asked, error.hint) from None
        log.debug("%s: attempt %d failed, next attempt in %g seconds", host, attempt, seconds)
        self._spent += seconds
        if error.wait is None:
            self._options.clock.wait(self._options.hosts.stopping, seconds)
        else:
            # The pause is for the host, so other downloads from it wait as well.
            log.debug("%s: no request for %g seconds, as the server asked", host, seconds)
            self._options.hosts.pause(host, seconds)

    def _attempt(self) -> Downloaded:
        path = [self._address]
        while len(path) <= MAX_REDIRECTS + 1:
            self._requested = path[-1]
            with (
                self._options.hosts.slot(self._requested.host),
                self._limited_time(),
                closing(self._session.get(self._requested, self._headers())) as response,
            ):
                log.debug("%s: status %d", self._requested.host, response.status_code)
                if response.status_code not in REDIRECT_STATUSES:
                    return self._received(response)
                path.append(_redirect_target(self._requested, response))
        raise _too_many_redirects(path)

    @contextmanager
    def _limited_time(self) -> Iterator[None]:
        """Cut the connection when `max_seconds` are over."""
        timer = threading.Timer(max(0.0, self._options.max_seconds - self._spent), self._session.cut)
        timer.daemon = True
        timer.start()
        started = self._options.clock.now()
        try:
            yield
        except (NotDownloaded, Stopped):
            # A cut connection fails like a broken one. Tell the reasons apart.
            if self._options.hosts.stopping.is_set():
                raise Stopped from None
            if self._session.is_cut:
                why = f"took longer than {self._options.max_seconds:g} seconds"
                raise NotDownloaded(why, "run again, or raise max_seconds") from None
            raise
        finally:
            timer.cancel()
            self._spent += self._options.clock.now() - started

    def _headers(self) -> dict[str, str]:
        self._sent = self._options.credentials.for_address(self._requested)
        return {**self._sent, **self._conditions()}

    def _conditions(self) -> dict[str, str]:
        # An ETag means something only to the server that sent it.
        if self._cached is None or self._cached.location != self._requested.location:
            return {}
        return self._cached.conditions()

    def _received(self, response: Response) -> Downloaded:
        """Handle a response that is not a redirect."""
        status = response.status_code
        if status == 304 and self._cached and self._conditions():
            return Downloaded(self._cache.path(self._cached), self._cached.name)
        if status == 401 and self._options.credentials.have_changed(self._requested, self._sent):
            raise NotDownloaded("the server refused headers that were replaced", retry=True, wait=0.0)
        if status != 200:
            raise failed_status(status, retry_after(response.headers.get("Retry-After")))
        check_compression(response.headers.get("Content-Encoding", ""))
        try:
            with IncomingFile(self._options.spool, self._options.max_megabytes) as file:
                self._read_body(response, file)
                return self._store(response, file)
        except TooLarge:
            why = f"is larger than {self._options.max_megabytes:g} MB"
            raise NotDownloaded(why, "raise max_megabytes, or download it yourself") from None

    def _read_body(self, response: Response, file: IncomingFile) -> None:
        body = response.raw
        expected = body.length_remaining
        file.check_size(expected or 0)
        # Checked below instead, to tell how much arrived.
        body.enforce_content_length = False
        with translate_errors():
            # `read1` returns what has arrived, without waiting for a full chunk.
            while chunk := body.read1(CHUNK, decode_content=True):
                file.write(chunk)
        arrived = body.tell()
        # Without a length, a cut connection looks like the end.
        if self._session.is_cut if expected is None else arrived != expected:
            size = f"{arrived:,}" if expected is None else f"{arrived:,} of {expected:,}"
            raise NotDownloaded(f"the connection was interrupted after {size} bytes", "run again", retry=True)

    def _store(self, response: Response, file: IncomingFile) -> Downloaded:
        name = name_of(self._address, response.headers.get("Content-Disposition"))
        with file.named() as path:
            check_content(path, self._options.finder)
            stored = self._options.spool.adopt(path, suffix_of(path, self._address.parts.path))
        self._cache.store(self._address, stored, name, response.headers, self._requested)
        return Downloaded(stored, name)


def _redirect_target(requested: Address, response: Response) -> Address:
    """Return the address that a redirect leads to. Raises NotDownloaded if it must not be followed."""
    location = response.headers.get("Location", "").encode("latin-1", "replace").decode("utf-8", "replace")
    if not location.strip():
        raise NotDownloaded("the server redirects without an address", "check the address")
    try:
        target = parse_address(location.strip(), requested)
    except AddressError as error:
        raise NotDownloaded(f"the server redirects to {error.why}", "check the address") from None
    if requested.parts.scheme == "https" and target.parts.scheme == "http":
        why = f"the server redirects from https to {target.shown}, which others can read and change"
        raise NotDownloaded(why, "write that address into the pipeline if you trust it")
    return target


def _too_many_redirects(path: list[Address]) -> NotDownloaded:
    """Return the error for a path of redirects that does not end. A loop is shown."""
    if path[-1] not in path[:-1]:
        why = f"the server redirects more than {MAX_REDIRECTS} times"
        return NotDownloaded(why, "open the address, and copy the address of the picture itself")
    start = next(index for index, each in enumerate(path) if each in path[index + 1 :])
    end = path.index(path[start], start + 1)
    loop = " → ".join(each.shown for each in path[start : end + 1])
    return NotDownloaded(f"the server redirects in a loop: {loop}", "check the address")
