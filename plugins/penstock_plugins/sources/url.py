"""The `url` source: pictures and PDFs at http and https addresses."""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from http import HTTPStatus
from pathlib import Path, PurePosixPath
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Self
from urllib.parse import unquote, urlsplit

from penstock import __version__
from penstock.errors import PictureError
from penstock.hookspecs import hookimpl
from penstock.model import Document, Page, Problem

if TYPE_CHECKING:
    import requests

CHUNK = 65_536
MB = 1_000_000
CONNECT_SECONDS = 10.0
SILENCE_SECONDS = 30.0
REDIRECTS = 5

HINTS = {
    HTTPStatus.UNAUTHORIZED: "download it yourself and read the file: the address asks for a login",
    HTTPStatus.FORBIDDEN: "download it yourself and read the file: it asks for a login, or has expired",
    HTTPStatus.NOT_FOUND: "check the address",
    HTTPStatus.GONE: "check the address",
}


class NotDownloaded(Exception):
    """A download that came to nothing; holds why, and what to do."""

    def __init__(self, why: str, hint: str = "") -> None:
        super().__init__(why)
        self.why = why
        self.hint = hint


@dataclass(eq=False)
class Url:
    """Pictures and PDFs at http and https addresses, each a document of its own.

    What an address gives is told by its content. Downloads are kept in a temporary folder while they are
    read; an address's query, which may hold a signature, is shown nowhere.

    Parameters
    ----------
    urls
        The addresses.
    max_megabytes
        Of one download; what is larger is given up.
    max_seconds
        That one download may take.
    """

    urls: tuple[str, ...] = field(repr=False)
    max_megabytes: float = 100.0
    max_seconds: float = 300.0

    def __post_init__(self) -> None:
        if not self.urls:
            raise ValueError("urls names nothing to read")
        for url in self.urls:
            _check(url)
        self._spool: TemporaryDirectory[str] | None = None

    def __enter__(self) -> Self:
        self._spool = TemporaryDirectory(prefix="penstock-url-")
        return self

    def __exit__(self, *raised: object) -> None:
        if self._spool is not None:
            self._spool.cleanup()
            self._spool = None

    @hookimpl
    def find_documents(self) -> Iterator[Document | Problem]:
        """Download the pictures one after the other, as the run takes them in."""
        if self._spool is None:
            raise RuntimeError("the url source is used as a context manager: it keeps what it downloads")
        folder = Path(self._spool.name)
        with _session() as session:
            for number, url in enumerate(self.urls):
                yield self._document(session, url, folder / f"{number:06}")

    def _document(self, session: requests.Session, url: str, path: Path) -> Document | Problem:
        origin = shown(url)
        try:
            self._download(session, url, path)
            pages = _pages(path, url, origin)
        except NotDownloaded as error:
            return Problem(origin, error.why, error.hint)
        except PictureError as error:
            return Problem(origin, *_no_picture(path, error, origin))
        return Document(name_of(url), origin, pages)

    def _download(self, session: requests.Session, url: str, path: Path) -> None:
        import requests

        deadline = time.monotonic() + self.max_seconds
        try:
            with session.get(url, stream=True, timeout=(CONNECT_SECONDS, SILENCE_SECONDS)) as response:
                _refuse_status(response.status_code)
                self._save(response, path, deadline)
        except requests.TooManyRedirects as error:
            raise NotDownloaded("the address leads from one to the next without end") from error
        except requests.Timeout as error:
            raise NotDownloaded("nothing came for too long", "run again") from error
        except (requests.RequestException, UnicodeError) as error:
            raise NotDownloaded("could not be downloaded", "check the address and the network") from error

    def _save(self, response: requests.Response, path: Path, deadline: float) -> None:
        """Write what comes, up to the limits; the sender's own word about its size is not needed."""
        left = int(self.max_megabytes * MB)
        with path.open("wb") as file:
            for chunk in response.iter_content(CHUNK):
                left -= len(chunk)
                if left < 0:
                    raise NotDownloaded(
                        f"is larger than {self.max_megabytes:g} MB",
                        "raise max_megabytes, or download it yourself",
                    )
                if time.monotonic() > deadline:
                    raise NotDownloaded(
                        f"took longer than {self.max_seconds:g} seconds", "run again, or raise max_seconds"
                    )
                file.write(chunk)


def _check(url: str) -> None:
    """Raise ValueError, never with the query in it, for what is no address of a picture."""
    try:
        parts = urlsplit(url)
        host = parts.hostname
        _ = parts.port
    except ValueError:
        raise ValueError("urls holds something that is no address; write https://HOST/PICTURE.jpg") from None
    if parts.scheme.lower() not in ("http", "https") or not host:
        raise ValueError(f"{shown(url)} is no http or https address; write https://HOST/PICTURE.jpg")
    if parts.username or parts.password:
        raise ValueError(f"{shown(url)} holds a user or password; download it yourself and read the file")


def shown(url: str) -> str:
    """An address without what may be secret in it: its query, fragment and user."""
    parts = urlsplit(url)
    host = parts.netloc.rpartition("@")[2]
    return f"{parts.scheme}://{host}{parts.path}" + ("?…" if parts.query else "")


def name_of(url: str) -> str:
    """What a document is called: the picture's name at its address, or the host's."""
    parts = urlsplit(url)
    return PurePosixPath(unquote(parts.path)).stem or parts.hostname or "picture"


def _session() -> requests.Session:
    import requests

    session = requests.Session()
    session.max_redirects = REDIRECTS
    session.headers["User-Agent"] = f"penstock/{__version__}"
    # Asked for nothing, so that ~/.netrc is sent nowhere.
    session.auth = lambda request: request
    return session


def _refuse_status(status: int) -> None:
    if status != HTTPStatus.OK:
        hint = HINTS.get(HTTPStatus(status), "run again later") if status in set(HTTPStatus) else ""
        raise NotDownloaded(f"the address answered with status {status}", hint)


def _pages(path: Path, url: str, origin: str) -> list[Page | Problem]:
    """The pages of a download; only a single picture can be read by its address."""
    from penstock.images import find_pages
    from penstock.pdf.kind import is_pdf
    from penstock.pdf.pages import find_pdf_pages

    if is_pdf(path):
        return list(find_pdf_pages(path, origin))
    pages = list(find_pages(path, origin))
    if len(pages) > 1:
        return [*pages]
    return [replace(page, picture=replace(page.picture, url=url)) for page in pages]


def _no_picture(path: Path, error: PictureError, origin: str) -> tuple[str, str]:
    """Why what came is no picture, and what to do about it."""
    with path.open("rb") as file:
        start = file.read(512).lstrip().lower()
    if start.startswith((b"<!doctype", b"<html", b"<head")):
        return "the address gives a web page", "open it, and copy the address of the picture itself"
    return error.message.removeprefix(f"{origin}: "), error.hint
