"""One address, fetched: through redirects, gone on with where it broke off, tried again where that helps."""

from __future__ import annotations

import re
import threading
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from penstock.spool import Spool
from penstock_plugins.sources.url.addresses import Address
from penstock_plugins.sources.url.contents import (
    PdfRules,
    check_content,
    check_packing,
    suffix_of,
    unpacked,
)
from penstock_plugins.sources.url.credentials import Credentials
from penstock_plugins.sources.url.failing import NotDownloaded, Stopped, of_status, translated
from penstock_plugins.sources.url.guard import Guard
from penstock_plugins.sources.url.memory import Body, Kept, Memory, Notes, Version
from penstock_plugins.sources.url.names import name_of
from penstock_plugins.sources.url.pace import TRIES, Clock, Hosts, retry_after, wait_before
from penstock_plugins.sources.url.part import Part
from penstock_plugins.sources.url.redirects import REDIRECTING, REDIRECTS, endless, next_address

if TYPE_CHECKING:
    from requests import Response

    from penstock_plugins.sources.url.wire import Wire

CHUNK = 16_384
MB = 1_000_000

_NUMBER = re.compile(r"[0-9]{1,18}")
_RANGE = re.compile(r"bytes (\d{1,18})-\d+/(\d{1,18}|\*)")


@dataclass(frozen=True, slots=True)
class Terms:
    """What is the same for all downloads of a source."""

    spool: Spool
    guard: Guard
    hosts: Hosts
    clock: Clock
    credentials: Credentials
    rules: PdfRules
    max_megabytes: float
    max_seconds: float


@dataclass(frozen=True, slots=True)
class Fetched:
    """A whole picture or PDF, in the spool, and what it is called."""

    path: Path
    name: str


class Fetch:
    """The download of one address.

    Parameters
    ----------
    part
        Where it is gathered, perhaps with what an earlier run gathered.
    """

    def __init__(self, terms: Terms, wanted: Address, part: Part, wire: Wire) -> None:
        self._terms = terms
        self._wanted = wanted
        self._part = part
        self._wire = wire
        self._notes = Notes(terms.spool)
        self._memory = self._notes.recall(wanted)
        self._spent = 0.0
        self._asked = wanted

    def run(self) -> Fetched:
        """Fetch it. Raises NotDownloaded, or Stopped."""
        idle = 0
        while True:
            before = self._part.size
            try:
                return self._try()
            except NotDownloaded as error:
                self._part.keep = self._can_go_on and (error.again or error.later)
                if not error.again:
                    raise
                idle = 0 if self._can_go_on and self._part.size > before else idle + 1
                if idle == TRIES:
                    raise
                self._wait(error, max(1, idle))

    @property
    def _can_go_on(self) -> bool:
        begun = self._memory.begun
        return begun is not None and begun.version.certain is not None and self._part.size > 0

    def _wait(self, error: NotDownloaded, attempt: int) -> None:
        seconds = wait_before(attempt) if error.wait is None else error.wait
        if self._spent + seconds >= self._terms.max_seconds:
            asked = "" if error.wait is None else f", and asks to wait {seconds:,.0f} seconds"
            raise NotDownloaded(error.why + asked, error.hint, later=True) from None
        self._spent += seconds
        if error.wait is not None:
            self._terms.hosts.pause(self._asked.host, seconds)
        else:
            self._terms.clock.wait(self._terms.hosts.stopping, seconds)

    def _try(self) -> Fetched:
        """Ask, and follow where it leads."""
        path = [self._wanted]
        while len(path) <= REDIRECTS + 1:
            self._asked = path[-1]
            with (
                self._terms.hosts.slot(self._asked.host),
                self._timed(),
                closing(self._wire.get(self._asked, self._headers())) as response,
            ):
                if response.status_code not in REDIRECTING:
                    return self._taken(response)
                path.append(next_address(self._asked, response))
        raise endless(path)

    @contextmanager
    def _timed(self) -> Iterator[None]:
        """Cut what takes longer than all of it may; the waits for other downloads do not count."""
        left = self._terms.max_seconds - self._spent
        timer = threading.Timer(max(0.0, left), self._wire.cut)
        timer.daemon = True
        timer.start()
        started = self._terms.clock.now()
        try:
            yield
        except (NotDownloaded, Stopped):
            if self._terms.hosts.stopping.is_set():
                raise Stopped from None
            if self._wire.is_cut:
                raise self._too_slow() from None
            raise
        finally:
            timer.cancel()
            self._spent += self._terms.clock.now() - started

    def _too_slow(self) -> NotDownloaded:
        why = f"took longer than {self._terms.max_seconds:g} seconds"
        return NotDownloaded(why, "run again, or raise max_seconds", later=True)

    def _headers(self) -> dict[str, str]:
        headers = self._terms.credentials.for_address(self._asked)
        kept, begun = self._memory.kept, self._memory.begun
        if self._can_go_on and begun and begun.version.place == self._asked.place:
            wanted = {"Range": f"bytes={self._part.size}-", "If-Range": begun.version.certain or ""}
        else:
            wanted = kept.version.conditions() if kept and kept.version.place == self._asked.place else {}
        return {**headers, **wanted}

    def _taken(self, response: Response) -> Fetched:
        """What an answer comes to that leads no further."""
        status, asked = response.status_code, response.request.headers
        kept = self._memory.kept
        if status == 304 and kept and ("If-None-Match" in asked or "If-Modified-Since" in asked):
            return Fetched(self._notes.path(kept), kept.name)
        if status == 200:
            self._begin(response)
        elif status in (206, 416) and "Range" in asked:
            self._go_on(response)
        else:
            wait = retry_after(response.headers.get("Retry-After"), self._terms.clock.date())
            raise of_status(status, wait)
        self._gather(response)
        return self._finished()

    def _begin(self, response: Response) -> None:
        """Take down what the answer says of itself before its body comes: a run may be killed any time."""
        disposition = response.headers.get("Content-Disposition")
        body = Body(
            Version.of(self._asked, response.headers),
            name_of(self._wanted, disposition),
            check_packing(response.headers.get("Content-Encoding", "")),
            _length(response),
        )
        self._refuse_size(body.whole or 0)
        self._part.empty()
        self._remember(replace(self._memory, begun=body))
        self._part.keep = body.version.certain is not None

    def _go_on(self, response: Response) -> None:
        """Check that what comes now follows on what is there, of the same version."""
        begun = self._memory.begun
        match = _RANGE.fullmatch(response.headers.get("Content-Range", ""))
        etag = response.headers.get("ETag")
        fits = (
            begun is not None
            and match is not None
            and int(match[1]) == self._part.size
            and (etag is None or etag == begun.version.etag)
        )
        if response.status_code != 206 or not fits or not begun or not match:
            self._part.empty()
            raise NotDownloaded("the site did not go on where it broke off", "run again", again=True)
        if match[2] != "*":
            self._refuse_size(int(match[2]))
            self._remember(replace(self._memory, begun=replace(begun, whole=int(match[2]))))
        self._part.keep = True

    def _remember(self, memory: Memory) -> None:
        """Know it from now on; written down only by whoever's the unfinished file is."""
        self._memory = memory
        if self._part.lasting:
            self._notes.remember(self._wanted, memory)

    def _refuse_size(self, size: int) -> None:
        if size > self._terms.max_megabytes * MB:
            raise NotDownloaded(
                f"is larger than {self._terms.max_megabytes:g} MB",
                "raise max_megabytes, or download it yourself",
            )

    def _gather(self, response: Response) -> None:
        # Whether it is whole is seen at the end, with how much of it came.
        response.raw.enforce_content_length = False
        with translated():
            size = self._part.size
            # Whatever has come, and not whole chunks: what is killed or cut then loses nothing.
            while chunk := response.raw.read1(CHUNK, decode_content=False):
                self._refuse_size(size := size + len(chunk))
                self._part.add(chunk)

    def _finished(self) -> Fetched:
        """See that it is whole and a picture, keep it, and remember it."""
        begun, size = self._memory.begun, self._part.size
        assert begun is not None  # noqa: S101  noted before a body is gathered
        if self._wire.is_cut if begun.whole is None else size != begun.whole:
            of = "" if begun.whole is None else f" of {begun.whole:,}"
            raise NotDownloaded(f"the connection broke off after {size:,}{of} bytes", "run again", again=True)
        if not begun.encoding:
            return self._keep(self._part.path, begun)
        into = self._terms.spool.unfinished(f"{self._part.path.name} unpacked")
        with unpacked(self._part.path, into, self._refuse_size) as path:
            return self._keep(path, begun)

    def _keep(self, path: Path, body: Body) -> Fetched:
        check_content(path, self._terms.rules)
        size, suffix = path.stat().st_size, suffix_of(path, self._wanted.parts.path)
        self._part.release()
        place = self._terms.spool.adopt(path, suffix)
        self._part.keep = False
        file = place.relative_to(self._terms.spool.folder).as_posix()
        self._remember(Memory(kept=Kept(file, size, body.name, body.version)))
        return Fetched(place, body.name)


def _length(response: Response) -> int | None:
    """What the answer says that its body has; chunks end by themselves (RFC 9112, 6.3)."""
    said = _NUMBER.fullmatch(response.headers.get("Content-Length", ""))
    return int(said[0]) if said and "Transfer-Encoding" not in response.headers else None


__all__ = ["Fetch", "Fetched", "Terms"]
