"""The `url` source: downloads pictures and PDFs."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from concurrent.futures import CancelledError
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, ClassVar, Self

from annotated_types import Ge, Gt

from penstock.errors import PenstockError
from penstock.hookspecs import hookimpl
from penstock.model import Document, ExistingText, Problem
from penstock.secret import Secret
from penstock_plugins.sources.page_ranges import PageRanges
from penstock_plugins.sources.pages import PageFinder
from penstock_plugins.sources.url.addresses import (
    Address,
    Target,
    distinct_targets,
    parse_address,
    read_address_list,
)
from penstock_plugins.sources.url.credentials import Credentials, parse_host
from penstock_plugins.sources.url.errors import NotDownloaded, Stopped
from penstock_plugins.sources.url.guard import Guard
from penstock_plugins.sources.url.hosts import Clock, HostLimiter
from penstock_plugins.sources.url.names import Folders, folder_of

if TYPE_CHECKING:
    from penstock.spool import Spool
    from penstock_plugins.sources.url.pool import DownloadPool, Pending

    # What Python callers may pass.
    Urls = tuple[str, ...] | str
    ListFile = Path | str
else:
    # What a pipeline file is validated as.
    Urls = tuple[str, ...]
    ListFile = Path


@dataclass(eq=False)
class Url:
    """Pictures and PDFs at http and https addresses. Each is a document.

    The content decides whether a download is a picture or a PDF. Downloads are stored in the state folder,
    and content that has not changed (ETag, Last-Modified) is not downloaded again. The query of an address
    may be a signature: it is neither shown nor written to a file.

    Behind a proxy (HTTPS_PROXY, HTTP_PROXY, NO_PROXY), the proxy opens the connections. Hosts are then
    checked only as far as this machine can resolve their names.

    Parameters
    ----------
    urls
        The addresses.
    urls_from
        A text file with one address per line. A ``#`` begins a comment.
    headers
        Headers to send with each request. Their values come from the environment:
        ``headers = { Authorization = "Bearer ${TOKEN}" }``; or from files:
        ``{ Authorization = { file = "PATH" } }``. They are sent over https only.
    headers_to
        The hosts that receive the headers, such as ``files.example.org``. No other host receives them, also
        not after a redirect. Default: the host of ``urls``, if there is only one.
    allow_private
        Also download from this machine and from private networks.
    max_megabytes
        Largest size of a download.
    max_seconds
        Longest duration of a download, with all attempts.
    per_host
        Number of downloads at once from one host.
    parallel
        Number of downloads at once from all hosts. As many finished downloads wait for the run.
    folder
        What ``{folder}`` becomes in the names of outputs, to tell documents of the same name apart: "none",
        "host", or "address" (the host and the folders of the address).
    pages
        Which pages of each download are read; see the `files` source.
    existing_text
        How text that a PDF's page already has is treated; see the `files` source.
    break_signatures
        Also read signed PDFs. The signature is not valid for the PDF that is written.
    """

    fetches: ClassVar[bool] = True

    urls: Urls = field(default=(), repr=False)
    urls_from: ListFile | None = None
    headers: dict[str, Secret] = field(default_factory=dict)
    headers_to: tuple[str, ...] = ()
    allow_private: bool = False
    max_megabytes: Annotated[float, Gt(0)] = 100.0
    max_seconds: Annotated[float, Gt(0)] = 300.0
    per_host: Annotated[int, Ge(1)] = 2
    parallel: Annotated[int, Ge(1)] = 4
    folder: Folders = "none"
    existing_text: ExistingText = "auto"
    break_signatures: bool = False
    pages: str = ""

    def __post_init__(self) -> None:
        if not self.urls and self.urls_from is None:
            raise ValueError("urls is empty; give addresses, or a file of addresses in urls_from")
        urls = (self.urls,) if isinstance(self.urls, str) else self.urls
        self.urls = self._addresses = tuple(_parsed(each) for each in urls)
        self.urls_from = self._list = None if self.urls_from is None else Path(self.urls_from)
        self._credentials = Credentials(self.headers, self._header_hosts())
        self._guard = Guard(allow_private=self.allow_private)
        self._finder = PageFinder(self.existing_text, self.break_signatures, PageRanges.parse(self.pages))
        self._clock = Clock()
        self._pool: DownloadPool | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *raised: object) -> None:
        if self._pool is not None:
            self._pool.stop()

    @hookimpl
    def find_documents(self, spool: Spool) -> Iterator[Document | Problem]:
        """Download the addresses, a few ahead of the run, and yield the documents in their order."""
        from penstock_plugins.sources.url.download import DownloadOptions
        from penstock_plugins.sources.url.pool import DownloadPool

        options = DownloadOptions(
            spool,
            self._guard,
            HostLimiter(self.per_host, self._clock),
            self._clock,
            self._credentials,
            self._finder,
            self.max_megabytes,
            self.max_seconds,
        )
        with DownloadPool(options, self.parallel) as self._pool:
            for item in self._pool.results(distinct_targets(self._given())):
                try:
                    yield item if isinstance(item, Problem) else self._document(*item)
                except (CancelledError, Stopped):
                    return

    def _header_hosts(self) -> frozenset[str]:
        if not self.headers or self.headers_to:
            return frozenset(parse_host(each) for each in self.headers_to)
        hosts = {each.host for each in self._addresses}
        if len(hosts) != 1 or self._list is not None:
            raise ValueError('headers need the hosts that receive them; write headers_to = ["HOST"]')
        return frozenset(hosts)

    def _given(self) -> Iterable[tuple[Address | Problem, str]]:
        for number, each in enumerate(self._addresses, 1):
            yield each, f"address {number}"
        if self._list is not None:
            yield from read_address_list(self._list)

    def _document(self, target: Target, pending: Pending) -> Document | Problem:
        from penstock_plugins.sources.url.content import pages_of

        try:
            downloaded = pending.result()
            # A recognizer cannot fetch a picture that needs a header.
            url = None if self._credentials.meant_for(target.address) else str(target.address)
            pages = pages_of(downloaded.path, target.origin, self._finder, url)
            return Document(downloaded.name, target.origin, pages, folder_of(target.address, self.folder))
        except NotDownloaded as error:
            return Problem(target.origin, error.why, error.hint)
        except (PenstockError, CancelledError, Stopped):
            # A full disk or an unusable spool would fail every other download, too.
            raise
        except Exception as error:
            # The exception's text may contain the query, so only its type is shown.
            why = f"cannot be downloaded ({type(error).__name__})"
            return Problem(target.origin, why, "please report this bug of penstock")


def _parsed(url: str) -> Address:
    try:
        return parse_address(url)
    except ValueError as error:
        raise ValueError(f"urls: {error}") from None
