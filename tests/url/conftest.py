"""Fixtures for the url source: sites on loopback, a spool, and a source that is walked to its end."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from penstock.model import Document, Problem
from penstock.spool import Spool
from penstock_plugins.sources.url import Url
from url.site import FakeClock, Reply, Site

Serve = Callable[[dict[str, Reply]], Site]
Read = Callable[..., list[Document | Problem]]


@pytest.fixture(autouse=True)
def _no_proxy(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("http_proxy", "https_proxy", "all_proxy", "no_proxy", "REQUESTS_CA_BUNDLE"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.upper(), raising=False)


@pytest.fixture
def picture(data: Path) -> bytes:
    return (data / "signage.jpg").read_bytes()


@pytest.fixture
def data() -> Path:
    return Path(__file__).parents[1] / "data" / "azure"


@pytest.fixture
def serve() -> Iterator[Serve]:
    sites: list[Site] = []

    def start(replies: dict[str, Reply]) -> Site:
        sites.append(Site(replies))
        return sites[-1]

    yield start
    for site in sites:
        site.close()


@pytest.fixture
def spool(tmp_path: Path) -> Spool:
    return Spool(tmp_path / "state" / "spool")


@pytest.fixture
def time() -> FakeClock:
    return FakeClock()


@pytest.fixture
def read(spool: Spool, time: FakeClock) -> Read:
    """Return everything that the source finds at some addresses, on loopback by default."""

    def found(*urls: str, allow_private: bool = True, **options: Any) -> list[Document | Problem]:
        with Url(urls=urls, allow_private=allow_private, **options) as source:
            source._clock = time
            return list(source.find_documents(spool))

    return found


@pytest.fixture
def problem(read: Read) -> Callable[..., Problem]:
    """Return the problem of one address."""

    def only(url: str, **options: Any) -> Problem:
        (item,) = read(url, **options)
        assert isinstance(item, Problem)
        return item

    return only
