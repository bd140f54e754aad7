"""The url source, against a small server on loopback."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from penstock.model import Document, Page, Problem
from penstock_plugins.sources.url import Url, name_of, shown

PICTURE = (Path(__file__).parents[1] / "data" / "azure" / "signage.jpg").read_bytes()
Reply = tuple[int, dict[str, str], bytes]


class Handler(BaseHTTPRequestHandler):
    replies: dict[str, Reply]
    seen: list[tuple[str, dict[str, str]]]

    def do_GET(self) -> None:
        self.seen.append((self.path, dict(self.headers)))
        status, headers, body = self.replies.get(self.path.split("?")[0], (404, {}, b""))
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        if "Content-Length" not in headers:
            self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002
        pass


@pytest.fixture
def serve() -> Iterator[Callable[[dict[str, Reply]], str]]:
    servers: list[ThreadingHTTPServer] = []

    def start(replies: dict[str, Reply]) -> str:
        Handler.replies, Handler.seen = replies, []
        server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
        servers.append(server)
        return f"http://127.0.0.1:{server.server_address[1]}"

    yield start
    for server in servers:
        server.shutdown()
        server.server_close()


def found(*urls: str, **options: Any) -> list[Document | Problem]:
    with Url(urls=urls, **options) as source:
        return list(source.find_documents())


def only_problem(*urls: str, **options: Any) -> Problem:
    (problem,) = found(*urls, **options)
    assert isinstance(problem, Problem)
    return problem


def test_a_picture_becomes_a_document(serve: Callable[[dict[str, Reply]], str]) -> None:
    address = serve({"/scans/old%20letter.jpg": (200, {"Content-Type": "text/plain"}, PICTURE)})
    url = f"{address}/scans/old%20letter.jpg?sig=secret"
    with Url(urls=(url,)) as source:
        (document,) = source.find_documents()
        assert isinstance(document, Document)
        assert (document.name, document.beside) == ("old letter", None)
        assert document.origin == f"{address}/scans/old%20letter.jpg?…"
        (page,) = document.pages
        assert isinstance(page, Page)
        assert (page.width, page.height, page.number) == (250, 258, 1)
        assert page.picture.url == url
        assert page.picture.path.read_bytes() == PICTURE
        assert "secret" not in repr((source, document, page))
    assert not page.picture.path.exists()


def test_a_file_of_several_pages_is_not_read_by_its_address(
    serve: Callable[[dict[str, Reply]], str], tmp_path: Path
) -> None:
    two = tmp_path / "two.tif"
    Image.new("L", (80, 60)).save(two, save_all=True, append_images=[Image.new("L", (60, 80))])
    address = serve({"/two.tif": (200, {}, two.read_bytes())})
    (document,) = found(f"{address}/two.tif")
    assert isinstance(document, Document)
    pages = list(document.pages)
    assert [page.picture.url for page in pages if isinstance(page, Page)] == [None, None]


def test_a_pdf_gives_its_pages(serve: Callable[[dict[str, Reply]], str], tmp_path: Path) -> None:
    pages = [Image.effect_noise((120, 160), 80), Image.effect_noise((160, 120), 80)]
    pages[0].save(tmp_path / "two.pdf", save_all=True, append_images=pages[1:])
    address = serve({"/two": (200, {}, (tmp_path / "two.pdf").read_bytes())})
    with Url(urls=(f"{address}/two",)) as source:
        (document,) = source.find_documents()
        assert isinstance(document, Document)
        found_pages = [page for page in document.pages if isinstance(page, Page)]
    assert [page.number for page in found_pages] == [1, 2]
    assert {page.picture.url for page in found_pages} == {None}


def test_redirects_are_followed_and_end(serve: Callable[[dict[str, Reply]], str]) -> None:
    address = serve(
        {
            "/a": (302, {"Location": "/b"}, b""),
            "/b": (200, {}, PICTURE),
            "/loop": (302, {"Location": "/loop"}, b""),
        }
    )
    first, second = found(f"{address}/a", f"{address}/loop")
    assert isinstance(first, Document)
    assert isinstance(second, Problem)
    assert "without end" in second.why


def test_one_that_fails_stops_no_other(serve: Callable[[dict[str, Reply]], str]) -> None:
    address = serve({"/one.jpg": (200, {}, PICTURE)})
    kinds = [type(item) for item in found(f"{address}/none.jpg", f"{address}/one.jpg")]
    assert kinds == [Problem, Document]


@pytest.mark.parametrize(
    ("reply", "why", "hint"),
    [
        ((404, {}, b""), "status 404", "check the address"),
        ((403, {}, b""), "status 403", "download it yourself"),
        ((503, {}, b""), "status 503", "run again later"),
        ((599, {}, b""), "status 599", ""),
        ((200, {}, b""), "empty", ""),
        ((200, {}, b" <!DOCTYPE html><p>Sign in"), "a web page", "the picture itself"),
        ((200, {}, b"%PDF-1.7 ..."), "the PDF is damaged beyond repair", "copy it again"),
        ((200, {}, b"something else"), "is no picture that penstock reads", "convert"),
        ((200, {"Content-Length": "99999"}, PICTURE), "could not be downloaded", "network"),
    ],
)
def test_what_is_no_picture_is_a_problem_that_says_what_to_do(
    reply: Reply, why: str, hint: str, serve: Callable[[dict[str, Reply]], str]
) -> None:
    address = serve({"/x.jpg": reply})
    problem = only_problem(f"{address}/x.jpg?token=secret")
    assert problem.what == f"{address}/x.jpg?…"
    assert why in problem.why
    assert hint in problem.hint
    assert "secret" not in str(problem)


def test_what_is_too_large_is_not_kept(serve: Callable[[dict[str, Reply]], str]) -> None:
    address = serve({"/x.jpg": (200, {}, PICTURE)})
    problem = only_problem(f"{address}/x.jpg", max_megabytes=0.01)
    assert problem.why == "is larger than 0.01 MB"
    assert "max_megabytes" in problem.hint


def test_what_takes_too_long_is_given_up(serve: Callable[[dict[str, Reply]], str]) -> None:
    address = serve({"/x.jpg": (200, {}, PICTURE)})
    assert "took longer than 0 seconds" in only_problem(f"{address}/x.jpg", max_seconds=0).why


def test_nobody_there() -> None:
    assert only_problem("http://127.0.0.1:9/x.jpg").hint == "check the address and the network"


def test_netrc_is_sent_nowhere(
    serve: Callable[[dict[str, Reply]], str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "netrc").write_text("default login somebody password else\n")
    monkeypatch.setenv("NETRC", str(tmp_path / "netrc"))
    address = serve({"/x.jpg": (200, {}, PICTURE)})
    found(f"{address}/x.jpg")
    assert [headers.get("Authorization") for _, headers in Handler.seen] == [None]


@pytest.mark.parametrize(
    ("urls", "told"),
    [
        ((), "names nothing"),
        (("ftp://host/x?key=secret",), r"ftp://host/x\?… is no http"),
        (("letter.jpg",), "is no http or https address"),
        (("https://",), "is no http or https address"),
        (("https://me:secret@host/x",), "https://host/x holds a user or password"),
        (("https://host:secret/x",), "no address"),
        (("https://[secret/x",), "no address"),
    ],
)
def test_what_is_no_address_is_refused_at_once(urls: tuple[str, ...], told: str) -> None:
    with pytest.raises(ValueError, match=told) as raised:
        Url(urls=urls)
    assert "secret" not in str(raised.value)


@pytest.mark.parametrize(
    ("url", "name"),
    [
        ("https://host/a/letter.jpg?x", "letter"),
        ("https://host/", "host"),
        ("https://host", "host"),
        ("https://host/%C3%A4.png", "ä"),
        ("https://host/..%2F..%2Fetc", "etc"),
    ],
)
def test_documents_are_named_after_their_pictures(url: str, name: str) -> None:
    assert name_of(url) == name


def test_addresses_are_shown_without_their_query() -> None:
    assert shown("https://me@host:8/a?b=c#d") == "https://host:8/a?…"
