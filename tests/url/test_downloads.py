"""Downloads from sites that are slow, lie, break off, lead in circles and send bombs."""

from __future__ import annotations

import gc
import gzip
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from penstock.errors import NoSpace
from penstock.model import Document, Page, Problem
from penstock.spool import Spool
from penstock_plugins.sources.url import Url, fetching, redirects
from url.site import (
    MadeUpTime,
    Reply,
    Site,
    answer,
    breaks_off,
    chunked,
    head,
    in_turn,
    redirect,
    stored,
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
    return list((spool.folder / "unfinished").iterdir())


def test_redirects_are_followed_to_the_end(serve: Serve, read: Read, picture: bytes) -> None:
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


def test_the_body_of_a_redirect_is_not_taken_in(serve: Serve, read: Read, picture: bytes) -> None:
    site = serve({"/b": answer(picture)})

    def endless(handler: Any) -> None:
        head(handler, 302, {"Location": "/b", "Content-Length": "10000000000"})
        site.over.wait()

    site.replies["/a"] = endless
    only_page(read(f"{site.address}/a", max_seconds=20))


def test_a_circle_is_named(serve: Serve, problem: Callable[..., Problem]) -> None:
    site = serve({"/a": redirect("/b?s=secret"), "/b": redirect("/c"), "/c": redirect("/b?s=secret")})
    found = problem(f"{site.address}/a")
    circle = [f"{site.address}/{name}" for name in ("b?…", "c", "b?…")]
    assert found.why == f"the address leads in a circle: {' → '.join(circle)}"
    assert len(site.seen) == redirects.REDIRECTS + 1


def test_on_and_on_is_too_far(serve: Serve, problem: Callable[..., Problem]) -> None:
    site = serve({f"/{number}": redirect(f"/{number + 1}") for number in range(50)})
    assert "more than 10 times" in problem(f"{site.address}/0").why


@pytest.mark.parametrize(
    ("location", "why"),
    [
        ("ftp://host/x.jpg", "leads on to ftp://host/x.jpg, which is no http or https address"),
        ("file:///etc/passwd", "leads on to file:///etc/passwd, which is no http"),
        ("http://me:secret@host/x.jpg", "leads on to http://host/x.jpg with a user or password"),
        ("http://[secret/x.jpg", "is no address"),
        ("javascript:secret", "which is no http"),
    ],
)
def test_redirects_lead_to_pictures_alone(
    location: str, why: str, serve: Serve, problem: Callable[..., Problem]
) -> None:
    found = problem(f"{serve({'/a': redirect(location)}).address}/a")
    assert why in found.why
    assert "secret@" not in str(found)


def test_what_is_too_large_is_not_even_begun(
    serve: Serve, problem: Callable[..., Problem], spool: Spool
) -> None:
    site = serve({"/x.jpg": answer(b"", Content_Length="10000000000")})
    found = problem(f"{site.address}/x.jpg")
    assert found.why == "is larger than 100 MB"
    assert "max_megabytes" in found.hint
    assert not left_over(spool)


def test_what_turns_out_too_large_is_given_up(
    serve: Serve, problem: Callable[..., Problem], picture: bytes, spool: Spool
) -> None:
    site = serve({"/x.jpg": chunked(picture, ETag='"1"')})
    assert problem(f"{site.address}/x.jpg", max_megabytes=0.01).why == "is larger than 0.01 MB"
    assert not left_over(spool)


@pytest.mark.parametrize("encoding", ["gzip", "x-gzip"])
def test_what_comes_packed_is_unpacked(encoding: str, serve: Serve, read: Read, picture: bytes) -> None:
    site = serve({"/x.jpg": answer(gzip.compress(picture), Content_Encoding=encoding)})
    assert only_page(read(f"{site.address}/x.jpg")).picture.path.read_bytes() == picture
    assert site.asked("Accept-Encoding") == ["identity"]


def test_a_bomb_is_unpacked_up_to_the_limit_alone(
    serve: Serve, problem: Callable[..., Problem], spool: Spool
) -> None:
    bomb = gzip.compress(bytes(30_000_000))
    assert len(bomb) < 50_000
    site = serve({"/x.jpg": answer(bomb, Content_Encoding="gzip")})
    assert problem(f"{site.address}/x.jpg", max_megabytes=1).why == "is larger than 1 MB"
    assert not left_over(spool)


def test_what_breaks_off_is_gone_on_with(
    serve: Serve, read: Read, picture: bytes, time: MadeUpTime, spool: Spool
) -> None:
    whole = stored(picture, ETag='"one"')
    site = serve({"/x.jpg": in_turn(breaks_off(picture, 7000, ETag='"one"'), whole)})
    assert only_page(read(f"{site.address}/x.jpg")).picture.path.read_bytes() == picture
    assert site.asked("Range") == [None, "bytes=7000-"]
    assert site.asked("If-Range") == [None, '"one"']
    assert time.waits == [1.0]
    assert not left_over(spool)


def test_a_date_long_past_tells_versions_apart_too(serve: Serve, read: Read, picture: bytes) -> None:
    first = breaks_off(picture, 7000, Last_Modified=OLD)
    site = serve({"/x.jpg": in_turn(first, stored(picture, Last_Modified=OLD))})
    assert only_page(read(f"{site.address}/x.jpg")).picture.path.read_bytes() == picture
    assert site.asked("If-Range") == [None, OLD]


@pytest.mark.parametrize("headers", [{}, {"ETag": 'W/"weak"'}, {"Last_Modified": "yesterday"}])
def test_without_a_version_it_is_begun_anew(
    headers: dict[str, str], serve: Serve, read: Read, picture: bytes
) -> None:
    site = serve({"/x.jpg": in_turn(breaks_off(picture, 7000, **headers), answer(picture, **headers))})
    assert only_page(read(f"{site.address}/x.jpg")).picture.path.read_bytes() == picture
    assert site.asked("Range") == [None, None]


def test_another_version_is_begun_anew(serve: Serve, read: Read, picture: bytes) -> None:
    site = serve(
        {"/x.jpg": in_turn(breaks_off(b"x" * 9999, 7000, ETag='"one"'), stored(picture, ETag='"two"'))}
    )
    assert only_page(read(f"{site.address}/x.jpg")).picture.path.read_bytes() == picture


def test_a_site_that_goes_on_elsewhere_is_not_believed(serve: Serve, read: Read, picture: bytes) -> None:
    wrong = answer(picture[5000:], status=206, Content_Range=f"bytes 5000-9/{len(picture)}")
    other = answer(picture[7000:], status=206, Content_Range=f"bytes 7000-9/{len(picture)}", ETag='"two"')
    broken = breaks_off(picture, 7000, ETag='"one"')
    site = serve({"/x.jpg": in_turn(broken, wrong, broken, other, stored(picture, ETag='"one"'))})
    assert only_page(read(f"{site.address}/x.jpg")).picture.path.read_bytes() == picture
    assert site.asked("Range") == [None, "bytes=7000-", None, "bytes=7000-", None]


def test_progress_is_patience(serve: Serve, read: Read, picture: bytes, time: MadeUpTime) -> None:
    """A site that breaks off again and again, and gives a little more each time, is asked for all of it."""
    steps = range(0, len(picture), 2000)
    parts = [
        answer(
            picture[start : start + 2000],
            status=206,
            Content_Range=f"bytes {start}-{len(picture) - 1}/{len(picture)}",
            Content_Length=str(len(picture) - start),
            ETag='"one"',
        )
        for start in steps[1:]
    ]
    site = serve({"/x.jpg": in_turn(breaks_off(picture, 2000, ETag='"one"'), *parts)})
    assert only_page(read(f"{site.address}/x.jpg")).picture.path.read_bytes() == picture
    assert len(site.seen) == len(steps)
    assert set(time.waits) == {1.0}


def test_what_breaks_off_for_ever_is_given_up_and_gone_on_with_in_the_next_run(
    serve: Serve, read: Read, picture: bytes, time: MadeUpTime, spool: Spool
) -> None:
    site = serve({"/x.jpg": in_turn(breaks_off(picture, 7000, ETag='"one"'), answer(b"", status=502))})
    (found,) = read(f"{site.address}/x.jpg?sig=secret")
    assert isinstance(found, Problem)
    assert "status 502" in found.why
    assert time.waits == [1.0, 1.0, 2.0, 4.0]
    (left,) = left_over(spool)
    assert left.read_bytes() == picture[:7000]
    site.replies["/x.jpg"] = stored(picture, ETag='"one"')
    assert only_page(read(f"{site.address}/x.jpg?sig=secret")).picture.path.read_bytes() == picture
    assert site.asked("Range")[-1] == "bytes=7000-"
    assert not left_over(spool)
    kept = b"".join(path.read_bytes() for path in spool.folder.rglob("*") if path.is_file())
    assert b"secret" not in kept


def test_a_length_that_says_too_much_is_a_picture_that_broke_off(
    serve: Serve, problem: Callable[..., Problem], picture: bytes, time: MadeUpTime
) -> None:
    site = serve({"/x.jpg": answer(picture, Content_Length="99999")})
    found = problem(f"{site.address}/x.jpg")
    assert found.why == "the connection broke off after 18,595 of 99,999 bytes"
    assert time.waits == [1.0, 2.0, 4.0]


def test_tries_grow_apart_and_end(serve: Serve, problem: Callable[..., Problem], time: MadeUpTime) -> None:
    site = serve({"/x.jpg": answer(b"", status=500)})
    assert "status 500" in problem(f"{site.address}/x.jpg").why
    assert time.waits == [1.0, 2.0, 4.0]
    assert len(site.seen) == 4


def test_what_is_wrong_for_good_is_asked_for_once(serve: Serve, problem: Callable[..., Problem]) -> None:
    site = serve({"/x.jpg": answer(b"", status=410)})
    problem(f"{site.address}/x.jpg")
    assert len(site.seen) == 1


@pytest.mark.parametrize(
    ("value", "waits"),
    [("7", [7.0]), ("Sun, 01 Mar 2026 12:00:09 GMT", [9.0]), ("soon", [1.0]), ("inf", [1.0]), ("-3", [])],
)
def test_a_site_says_when_to_come_again(
    value: str, waits: list[float], serve: Serve, read: Read, picture: bytes, time: MadeUpTime
) -> None:
    site = serve({"/x.jpg": in_turn(answer(b"", status=429, Retry_After=value), answer(picture))})
    only_page(read(f"{site.address}/x.jpg"))
    assert time.waits == waits


def test_the_whole_host_waits(serve: Serve, read: Read, picture: bytes, time: MadeUpTime) -> None:
    busy = in_turn(answer(b"", status=503, Retry_After="40"), answer(picture))
    site = serve({"/a.jpg": busy, "/b.jpg": answer(picture)})
    assert len(read(f"{site.address}/a.jpg", f"{site.address}/b.jpg", parallel=1, per_host=1)) == 2
    assert time.waits == [40.0]


def test_a_wait_that_is_too_long_is_told(
    serve: Serve, problem: Callable[..., Problem], time: MadeUpTime
) -> None:
    site = serve({"/x.jpg": answer(b"", status=429, Retry_After="3600")})
    found = problem(f"{site.address}/x.jpg")
    assert found.why == "the address answered with status 429, and asks to wait 3,600 seconds"
    assert found.hint == "run again later"
    assert time.waits == []


@pytest.mark.parametrize("size", [0, 7000])
def test_what_takes_too_long_is_cut(
    size: int, serve: Serve, problem: Callable[..., Problem], picture: bytes, spool: Spool
) -> None:
    site = serve({})
    site.replies["/x.jpg"] = site.hangs_after(picture, size, ETag='"one"')
    found = problem(f"{site.address}/x.jpg", max_seconds=0.2)
    assert found.why == "took longer than 0.2 seconds"
    assert "max_seconds" in found.hint
    assert sum(path.stat().st_size for path in left_over(spool)) == size


def test_headers_that_never_end_are_cut(serve: Serve, problem: Callable[..., Problem]) -> None:
    site = serve({})

    def drip(handler: Any) -> None:
        handler.wfile.write(b"HTTP/1.0 200 OK\r\nX-Slow: ")
        while not site.over.wait(0.01):
            handler.wfile.write(b"z")

    site.replies["/x.jpg"] = drip
    assert problem(f"{site.address}/x.jpg", max_seconds=0.2).why == "took longer than 0.2 seconds"


def test_nobody_there(problem: Callable[..., Problem]) -> None:
    found = problem("http://127.0.0.1:9/x.jpg")
    assert (found.why, found.hint) == ("its host cannot be reached", "check the address and the network")


def test_what_is_no_http_at_all(serve: Serve, problem: Callable[..., Problem]) -> None:
    site = serve({"/x.jpg": lambda handler: handler.wfile.write(b"SSH-2.0 hello\r\n\r\n") and None})
    assert "broke off" in problem(f"{site.address}/x.jpg?sig=secret").why


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
def test_odd_headers_cost_nobody_else_anything(
    headers: dict[str, str], serve: Serve, read: Read, picture: bytes
) -> None:
    def odd(handler: Any) -> None:
        head(handler, 200, headers)
        handler.wfile.write(picture)

    site = serve({"/odd.jpg": odd, "/x.jpg": answer(picture)})
    first, second = read(f"{site.address}/odd.jpg", f"{site.address}/x.jpg")
    assert not isinstance(first, Problem) or "fault of penstock" not in first.hint, first
    assert isinstance(second, Document)


@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
def test_two_lengths_are_none(serve: Serve, problem: Callable[..., Problem], picture: bytes) -> None:
    """urllib3 refuses the answer, and leaves its socket to the garbage."""
    site = serve({"/x.jpg": answer(picture, Content_Length="7, 8")})
    assert "cannot be understood" in problem(f"{site.address}/x.jpg").why
    gc.collect()


def test_a_fault_of_ours_is_told_without_the_address(
    problem: Callable[..., Problem], monkeypatch: pytest.MonkeyPatch
) -> None:
    def faulty(*arguments: object) -> None:
        raise RuntimeError("https://host/x.jpg?sig=secret")

    monkeypatch.setattr(fetching.Fetch, "run", faulty)
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


def test_two_runs_at_once_do_not_gather_in_one_file(serve: Serve, spool: Spool, picture: bytes) -> None:
    """The second finds the file taken, and gathers in one of its own."""
    site = serve({})
    hanging = site.hangs_after(picture, 7000, ETag='"one"')
    began = threading.Event()

    def first(handler: Any) -> None:
        began.set()
        hanging(handler)

    site.replies["/x.jpg"] = in_turn(first, answer(picture, ETag='"one"'))
    one, two = (Url(urls=(f"{site.address}/x.jpg",), allow_private=True) for _ in range(2))
    walk = threading.Thread(target=lambda: list(one.find_documents(spool)), daemon=True)
    walk.start()
    assert began.wait(20)
    assert only_page(list(two.find_documents(spool))).picture.path.read_bytes() == picture
    assert site.asked("Range") == [None, None]
    one.__exit__()
    walk.join(20)
    assert not walk.is_alive()
