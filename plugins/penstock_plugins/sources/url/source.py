"""The `url` source itself: its options, and the documents that its addresses give."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, ClassVar, Self

from annotated_types import Ge, Gt

from penstock.errors import PenstockError
from penstock.hookspecs import hookimpl
from penstock.model import Document, ExistingText, Problem
from penstock.secret import Secret
from penstock_plugins.sources.url.addresses import Address, Wanted, address, listed, wanted
from penstock_plugins.sources.url.credentials import Credentials, host_named
from penstock_plugins.sources.url.failing import NotDownloaded
from penstock_plugins.sources.url.guard import Guard
from penstock_plugins.sources.url.names import Folders, folder_of
from penstock_plugins.sources.url.pace import Clock, Hosts, SystemClock

if TYPE_CHECKING:
    from penstock.spool import Spool
    from penstock_plugins.sources.url.crew import Crew
    from penstock_plugins.sources.url.fetching import Fetched, Terms


@dataclass(eq=False)
class Url:
    """Pictures and PDFs at http and https addresses, each a document of its own.

    What an address gives is told by its content. Downloads are kept with what the run remembers: what has
    not changed since is not downloaded again (ETag, Last-Modified), and what broke off is gone on with. An
    address's query, which may hold a signature, is shown and written down nowhere.

    Behind a proxy (HTTPS_PROXY, HTTP_PROXY, NO_PROXY) it is the proxy that connects: names are then checked
    only as far as they can be looked up here.

    Parameters
    ----------
    urls
        The addresses.
    urls_from
        A text file of addresses, one a line; what follows a # is a comment.
    headers
        To be sent with each request, by name; their values come from the environment:
        ``headers = { Authorization = "Bearer ${TOKEN}" }``. Sent over https alone.
    headers_to
        The hosts that the headers are meant for, such as ``files.example.org``; nobody else gets them,
        whoever leads there. Empty: the host of ``urls``, if they have only one.
    allow_private
        Whether addresses of this machine's own and of private networks may be read.
    max_megabytes
        Of one download; what is larger is given up.
    max_seconds
        That one download may take, all tries together.
    per_host
        Downloads from one host at once.
    parallel
        Downloads at once in all; so many are had ready before the run wants them.
    folder
        What ``{folder}`` becomes in the names of outputs, to keep apart what is called the same: "none",
        "host", or "address": the host and the folders of the address.
    existing_text
        What becomes of a PDF's page that has text already; as for the source of files.
    break_signatures
        Read PDFs that were signed, too: the signature does not hold for the PDF that is written.
    """

    fetches: ClassVar[bool] = True

    urls: tuple[str, ...] = field(default=(), repr=False)
    urls_from: Path | None = None
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

    def __post_init__(self) -> None:
        if not self.urls and self.urls_from is None:
            raise ValueError("urls names nothing to read; name addresses, or a file of them in urls_from")
        self.urls = tuple(_checked(each) for each in self.urls)
        self._credentials = Credentials(self.headers, self._hosts())
        self._guard = Guard(allow_private=self.allow_private)
        self._clock: Clock = SystemClock()
        self._crew: Crew | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *raised: object) -> None:
        if self._crew is not None:
            self._crew.stop()

    @hookimpl
    def find_documents(self, spool: Spool) -> Iterator[Document | Problem]:
        """Download a few ahead of the run, and give them in their order."""
        from penstock_plugins.sources.url.crew import Crew

        with Crew(self._terms(spool), self.parallel) as self._crew:
            for ticket in self._crew.outcomes(wanted(self._given())):
                if isinstance(ticket.wanted, Problem):
                    yield ticket.wanted
                elif isinstance(ticket.outcome, BaseException):
                    yield _failed(ticket.wanted, ticket.outcome)
                elif ticket.outcome is not None:
                    yield self._document(ticket.wanted, ticket.outcome)

    def _hosts(self) -> frozenset[str]:
        """The hosts that headers are meant for."""
        if not self.headers or self.headers_to:
            return frozenset(host_named(each) for each in self.headers_to)
        hosts = {each.host for each in self._addresses()}
        if len(hosts) != 1 or self.urls_from is not None:
            raise ValueError('headers go to hosts that are named; write headers_to = ["HOST"]')
        return frozenset(hosts)

    def _addresses(self) -> list[Address]:
        return [each for each in self.urls if isinstance(each, Address)]

    def _given(self) -> Iterable[tuple[Address | Problem, str]]:
        for number, each in enumerate(self._addresses(), 1):
            yield each, f"address {number}"
        if self.urls_from is not None:
            yield from listed(self.urls_from)

    def _terms(self, spool: Spool) -> Terms:
        from penstock_plugins.sources.url.contents import PdfRules
        from penstock_plugins.sources.url.fetching import Terms

        return Terms(
            spool,
            self._guard,
            Hosts(self.per_host, self._clock),
            self._clock,
            self._credentials,
            PdfRules(self.existing_text, self.break_signatures),
            self.max_megabytes,
            self.max_seconds,
        )

    def _document(self, item: Wanted, fetched: Fetched) -> Document | Problem:
        from penstock_plugins.sources.url.contents import PdfRules, pages_of

        # What needs a header cannot be read by its address alone.
        url = None if self._credentials.meant_for(item.address) else str(item.address)
        rules = PdfRules(self.existing_text, self.break_signatures)
        try:
            pages = pages_of(fetched.path, item.origin, rules, url)
        except NotDownloaded as error:
            return _failed(item, error)
        return Document(fetched.name, item.origin, pages, folder_of(item.address, self.folder))


def _checked(url: str) -> Address:
    try:
        return address(url)
    except ValueError as error:
        raise ValueError(f"urls holds {error}") from None


def _failed(item: Wanted, error: BaseException) -> Problem:
    if isinstance(error, NotDownloaded):
        return Problem(item.origin, error.why, error.hint)
    if isinstance(error, PenstockError):
        # A full disk, a spool that cannot be used: no other address would fare better.
        raise error
    # What it says may hold the address whole.
    why = f"cannot be downloaded ({type(error).__name__})"
    return Problem(item.origin, why, "this is a fault of penstock; tell its authors")


__all__ = ["Url"]
