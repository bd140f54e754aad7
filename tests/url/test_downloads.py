"""Downloads from servers that are slow, wrong, interrupted, redirect in loops or send bombs."""

from __future__ import annotations

import gc
import gzip
import time as real_time
from collections.abc import Callable
from email.utils import formatdate
from pathlib import Path
from typing import Any

import pytest

from penstock.errors import NoSpace
from penstock.model import Document, Page, Problem
from penstock.spool import Spool
from penstock_plugins.sources.url import Url, download
from url.site import (
    FakeClock,
    Reply,
    Site,
    answer,
    chunked,
    disconnects,
    head,
    in_turn,
    redirect,
)

Serve = Callable[[dict[str, Reply]], Site]
Read = Callable[..., list[Document | Problem]]
OLD = "Sun, 01 Feb 2026 00:00:00 GMT"


def only_page(items: list[Document | Problem]) -> Page:
    (item,) = items
    assert isinstance(item, Document), item
    (page,) = item.pages
    assert isinstance(page, Page)
    return page


def left_over(spool: Spool) -> list[Path]:
    return list(spool.folder.glob("unfinished/*"))


def test_redirects_are_followed(serve: Serve, read: Read, picture: bytes) -> None:
    site = serve(
        {
            "/a": redirect("b?x=1", 301),
            "/b": redirect("//127.0.0.1:PORT/c/ä", 303),
            "/c/%C3%A4": redirect("/d", 307),
            "/d": redirect("/e", 308),
            "/e": answer(picture),
        }
    )
    site.replies["/b"] = redirect(f"//127.0.0.1:{site.port}/c/%C3%A4", 303)
    only_page(read(f"{site.address}/a"))
    assert [path for path, _ in site.seen] == ["/a", "/b?x=1", "/c/%C3%A4", "/d", "/e"]


def test_the_body_of_a_redirect_is_not_read(serve: Serve, read: Read, picture: bytes) -> None:
    site = serve({"/b": answer(picture)})

    def endless(handler: Any) -> None:
        head(handler, 302, {"Location": "/b", "Content-Length": "10000000000"})
        site.over.wait()

    site.replies["/a"] = endless
    only_page(read(f"{site.address}/a", max_seconds=20))


def test_a_redirect_loop_is_shown(serve: Serve, problem: Callable[..., Problem]) -> None:
    site = serve({"/a": redirect("/b?s=secret"), "/b": redirect("/c"), "/c": redirect("/b?s=secret")})
    found = problem(f"{site.address}/a")
    loop = [f"{site.address}/{name}" for name in ("b?…", "c", "b?…")]
    assert found.why == f"the server redirects in a loop: {' → '.join(loop)}"
    assert len(site.seen) == download.MAX_REDIRECTS + 1


def test_redirects_are_limited(serve: Serve, problem: Callable[..., Problem]) -> None:
    site = serve({f"/{number}": redirect(f"/{number + 1}") for number in range(50)})
    assert "more than 10 times" in problem(f"{site.address}/0").why


@pytest.mark.parametrize(
    ("location", "why"),
    [
        ("ftp://host/x.jpg", "redirects to ftp://host/x.jpg: unsupported scheme 'ftp'"),
        ("file:///etc/passwd", "redirects to file:///etc/passwd: unsupported scheme 'file'"),
        ("http://me:secret@host/x.jpg", "redirects to http://host/x.jpg contains a user or password"),
        ("http://[secret/x.jpg", "not a valid URL"),
        ("javascript:secret", "unsupported scheme 'javascript'"),
    ],
)
def test_redirects_to_other_schemes_are_refused(
    location: str, why: str, serve: Serve, problem: Callable[..., Problem]
) -> None:
    found = problem(f"{serve({'/a': redirect(location)}).address}/a")
    assert why in found.why
    assert "secret@" not in str(found)


def test_a_download_that_announces_too_many_bytes_is_not_started(
    serve: Serve, problem: Callable[..., Problem], spool: Spool
) -> None:
    site = serve({"/x.jpg": answer(b"", Content_Length="10000000000")})
    found = problem(f"{site.address}/x.jpg")
    assert found.why == "is larger than 100 MB"
    assert "max_megabytes" in found.hint
    assert not left_over(spool)


def test_a_download_that_grows_too_large_is_stopped(
    serve: Serve, problem: Callable[..., Problem], picture: bytes, spool: Spool
) -> None:
    site = serve({"/x.jpg": chunked(picture, ETag='"1"')})
    assert problem(f"{site.address}/x.jpg", max_megabytes=0.01).why == "is larger than 0.01 MB"
    assert not left_over(spool)


@pytest.mark.parametrize("encoding", ["gzip", "x-gzip"])
def test_gzip_is_decompressed_although_not_requested(
    encoding: str, serve: Serve, read: Read, picture: bytes
) -> None:
    site = serve({"/x.jpg": answer(gzip.compress(picture), Content_Encoding=encoding)})
    assert only_page(read(f"{site.address}/x.jpg")).picture.path.read_bytes() == picture
    assert site.asked("Accept-Encoding") == ["identity"]


def test_a_compression_bomb_is_stopped_at_the_size_limit(
    serve: Serve, problem: Callable[..., Problem], spool: Spool
) -> None:
    bomb = gzip.compress(bytes(30_000_000))
    assert len(bomb) < 50_000
    site = serve({"/x.jpg": answer(bomb, Content_Encoding="gzip")})
    assert problem(f"{site.address}/x.jpg", max_megabytes=1).why == "is larger than 1 MB"
    assert not left_over(spool)


@pytest.mark.parametrize("headers", [{}, {"ETag": '"one"'}])
def test_an_interrupted_download_starts_again(
    headers: dict[str, str], serve: Serve, read: Read, picture: bytes, time: FakeClock, spool: Spool
) -> None:
    site = serve({"/x.jpg": in_turn(disconnects(picture, 7000, **headers), answer(picture, **headers))})
    assert only_page(read(f"{site.address}/x.jpg")).picture.path.read_bytes() == picture
    assert site.asked("Range") == [None, None]
    assert time.waits == [1.0]
    assert not left_over(spool)


def test_fewer_bytes_than_announced_are_an_interruption(
    serve: Serve, problem: Callable[..., Problem], picture: bytes, time: FakeClock
) -> None:
    site = serve({"/x.jpg": answer(picture, Content_Length="99999")})
    found = problem(f"{site.address}/x.jpg")
    assert found.why == "the connection was interrupted after 18,595 of 99,999 bytes"
    assert time.waits == [1.0, 2.0, 4.0]


def test_attempts_are_limited_and_wait_longer_each_time(
    serve: Serve, problem: Callable[..., Problem], time: FakeClock
) -> None:
    site = serve({"/x.jpg": answer(b"", status=500)})
    assert "status 500" in problem(f"{site.address}/x.jpg").why
    assert time.waits == [1.0, 2.0, 4.0]
    assert len(site.seen) == 4


def test_a_permanent_error_is_not_retried(serve: Serve, problem: Callable[..., Problem]) -> None:
    site = serve({"/x.jpg": answer(b"", status=410)})
    problem(f"{site.address}/x.jpg")
    assert len(site.seen) == 1


@pytest.mark.parametrize(
    ("value", "waits"),
    [("7", [7.0]), ("soon", [1.0]), ("inf", [1.0]), ("-3", [1.0]), ("9" * 5000, [1.0]), (OLD, [])],
)
def test_retry_after_is_obeyed(
    value: str, waits: list[float], serve: Serve, read: Read, picture: bytes, time: FakeClock
) -> None:
    site = serve({"/x.jpg": in_turn(answer(b"", status=429, Retry_After=value), answer(picture))})
    only_page(read(f"{site.address}/x.jpg"))
    assert time.waits == waits


def test_retry_after_may_be_a_date(serve: Serve, read: Read, picture: bytes, time: FakeClock) -> None:
    date = formatdate(real_time.time() + 40, usegmt=True)
    site = serve({"/x.jpg": in_turn(answer(b"", status=429, Retry_After=date), answer(picture))})
    only_page(read(f"{site.address}/x.jpg"))
    assert time.waits == [pytest.approx(38, abs=3)]


def test_retry_after_pauses_all_downloads_of_the_host(
    serve: Serve, read: Read, picture: bytes, time: FakeClock
) -> None:
    busy = in_turn(answer(b"", status=503, Retry_After="40"), answer(picture))
    site = serve({"/a.jpg": busy, "/b.jpg": answer(picture)})
    assert len(read(f"{site.address}/a.jpg", f"{site.address}/b.jpg", parallel=1, per_host=1)) == 2
    assert time.waits == [40.0]


def test_a_longer_retry_after_than_max_seconds_is_reported(
    serve: Serve, problem: Callable[..., Problem], time: FakeClock
) -> None:
    site = serve({"/x.jpg": answer(b"", status=429, Retry_After="3600")})
    found = problem(f"{site.address}/x.jpg")
    assert found.why == "the server answered with status 429 and asked to wait 3,600 seconds"
    assert found.hint == "run again later"
    assert time.waits == []


@pytest.mark.parametrize("size", [0, 7000])
def test_a_slow_download_is_cut(
    size: int, serve: Serve, problem: Callable[..., Problem], picture: bytes, spool: Spool
) -> None:
    site = serve({})
    site.replies["/x.jpg"] = site.hangs_after(picture, size, ETag='"one"')
    found = problem(f"{site.address}/x.jpg", max_seconds=0.2)
    assert found.why == "took longer than 0.2 seconds"
    assert "max_seconds" in found.hint
    assert not left_over(spool)


def test_endless_headers_are_cut(serve: Serve, problem: Callable[..., Problem]) -> None:
    site = serve({})

    def drip(handler: Any) -> None:
        handler.wfile.write(b"HTTP/1.0 200 OK\r\nX-Slow: ")
        while not site.over.wait(0.01):
            handler.wfile.write(b"z")

    site.replies["/x.jpg"] = drip
    assert problem(f"{site.address}/x.jpg", max_seconds=0.2).why == "took longer than 0.2 seconds"


def test_a_closed_port_is_reported(problem: Callable[..., Problem]) -> None:
    found = problem("http://127.0.0.1:9/x.jpg")
    assert (found.why, found.hint) == ("the host cannot be reached", "check the address and the network")


def test_a_server_that_does_not_speak_http_is_reported(serve: Serve, problem: Callable[..., Problem]) -> None:
    site = serve({"/x.jpg": lambda handler: handler.wfile.write(b"SSH-2.0 hello\r\n\r\n") and None})
    assert "interrupted" in problem(f"{site.address}/x.jpg?sig=secret").why


@pytest.mark.parametrize(
    "headers",
    [
        {"Content-Length": "9" * 5000},
        {"Content-Length": "-5"},
        {"Content-Length": "many"},
        {"Transfer-Encoding": "chunked"},
        {"Content-Encoding": "gzip, " * 200},
        {"Location": "/"},
        {"Retry-After": "Sun, 01 Mar 2026 12:00:09 +9999999999999", "Date": "x"},
        {"Set-Cookie": "a=" + "b" * 9000, "ETag": "\xe4" * 50},
    ],
)
def test_malformed_headers_do_not_affect_other_downloads(
    headers: dict[str, str], serve: Serve, read: Read, picture: bytes
) -> None:
    def odd(handler: Any) -> None:
        head(handler, 200, headers)
        handler.wfile.write(picture)

    site = serve({"/odd.jpg": odd, "/x.jpg": answer(picture)})
    first, second = read(f"{site.address}/odd.jpg", f"{site.address}/x.jpg")
    assert not isinstance(first, Problem) or "bug of penstock" not in first.hint, first
    assert isinstance(second, Document)


@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
def test_two_content_lengths_are_refused(
    serve: Serve, problem: Callable[..., Problem], picture: bytes
) -> None:
    """urllib3 refuses the response and leaves its socket to the garbage collector."""
    site = serve({"/x.jpg": answer(picture, Content_Length="7, 8")})
    assert "invalid header" in problem(f"{site.address}/x.jpg").why
    gc.collect()


def test_an_unexpected_exception_is_reported_without_the_address(
    problem: Callable[..., Problem], monkeypatch: pytest.MonkeyPatch
) -> None:
    def faulty(*arguments: object) -> None:
        raise RuntimeError("https://host/x.jpg?sig=secret")

    monkeypatch.setattr(download.Download, "run", faulty)
    found = problem("https://host/x.jpg?sig=secret")
    assert "RuntimeError" in found.why
    assert "secret" not in str(found)


def test_a_full_disk_ends_the_source(
    serve: Serve, spool: Spool, picture: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*arguments: object) -> Path:
        raise NoSpace("the spool: the disk is full", "make room")

    monkeypatch.setattr(Spool, "adopt", full)
    site = serve({"/x.jpg": answer(picture)})
    with Url(urls=(f"{site.address}/x.jpg",), allow_private=True) as source, pytest.raises(NoSpace):
        list(source.find_documents(spool))
