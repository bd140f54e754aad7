"""The documents, names, pages and problems that the url source yields."""

from __future__ import annotations

import zlib
from collections.abc import Callable
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pikepdf
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from penstock.errors import PictureError
from penstock.images import open_upright
from penstock.model import Document, Page, Problem
from penstock.spool import Spool
from penstock_plugins.sources.url import Url
from penstock_plugins.sources.url.addresses import Address, parse_address
from penstock_plugins.sources.url.names import disposed_name, folder_of, name_of
from url.site import Reply, Site, answer, chunked, in_turn

Serve = Callable[[dict[str, Reply]], Site]
Read = Callable[..., list[Document | Problem]]


def pages(item: Document | Problem) -> list[Page]:
    assert isinstance(item, Document), item
    found = list(item.pages)
    assert all(isinstance(page, Page) for page in found), found
    return [page for page in found if isinstance(page, Page)]


def test_a_picture_becomes_a_document(serve: Serve, spool: Spool, picture: bytes) -> None:
    site = serve({"/scans/old%20letter.jpg": answer(picture, Content_Type="text/plain")})
    url = f"{site.address}/scans/old%20letter.jpg?sig=secret"
    with Url(urls=(url,), allow_private=True) as source:
        (document,) = source.find_documents(spool)
        (page,) = pages(document)
    assert isinstance(document, Document)
    assert (document.name, document.beside, document.folder) == ("old letter", None, "")
    assert document.origin == f"{site.address}/scans/old%20letter.jpg?…"
    assert (page.width, page.height, page.number) == (250, 258, 1)
    assert page.picture.url == url
    assert page.picture.path.read_bytes() == picture
    assert page.picture.path.is_relative_to(spool.folder)
    assert "secret" not in repr((source, source.urls, document, page))


def test_only_a_single_picture_gets_its_url(serve: Serve, read: Read, tmp_path: Path) -> None:
    two = tmp_path / "two.tif"
    Image.new("L", (80, 60)).save(two, save_all=True, append_images=[Image.new("L", (60, 80))])
    site = serve({"/two": answer(two.read_bytes(), Content_Type="image/jpeg")})
    (document,) = read(f"{site.address}/two")
    assert [(page.number, page.width, page.picture.url) for page in pages(document)] == [
        (1, 80, None),
        (2, 60, None),
    ]


@pytest.mark.filterwarnings("ignore:Corrupt EXIF data")
def test_a_damaged_tiff_gives_the_pages_before_the_damage(serve: Serve, read: Read, tmp_path: Path) -> None:
    many = tmp_path / "many.tif"
    frames = [Image.effect_noise((40, 30), 80) for _ in range(6)]
    frames[0].save(many, save_all=True, append_images=frames[1:])
    site = serve({"/many.tif": answer(many.read_bytes()[:-1500])})
    (document,) = read(f"{site.address}/many.tif")
    assert isinstance(document, Document)
    *some, last = document.pages
    assert some
    assert all(isinstance(page, Page) for page in some)
    assert isinstance(last, Problem)
    assert "damaged" in last.why


def test_a_pdf_yields_its_pages(serve: Serve, read: Read, tmp_path: Path) -> None:
    scans = [Image.effect_noise((120, 160), 80), Image.effect_noise((160, 120), 80)]
    scans[0].save(tmp_path / "two.pdf", save_all=True, append_images=scans[1:])
    site = serve({"/two": answer((tmp_path / "two.pdf").read_bytes())})
    found = pages(read(f"{site.address}/two", existing_text="skip")[0])
    assert [page.number for page in found] == [1, 2]
    assert {page.picture.url for page in found} == {None}
    assert {page.existing_text for page in found} == {"skip"}
    assert found[0].picture.path.suffix == ".pdf"


@pytest.mark.parametrize(
    ("reply", "why", "hint"),
    [
        (answer(b"", status=404), "status 404", "check the address"),
        (answer(b"", status=403), "status 403", "headers from the environment"),
        (answer(b"", status=503), "status 503", "run again later"),
        (answer(b"", status=599), "status 599", "run again later"),
        (answer(b"", status=304), "status 304", "run again later"),
        (answer(b"", status=206), "status 206", "run again later"),
        (answer(b"", status=302), "redirects without an address", "check the address"),
        (answer(b""), "empty", "copy it again"),
        (answer(b" <!DOCTYPE html><p>Sign in"), "sent a web page", "the picture itself"),
        (answer(b"\xef\xbb\xbf\n<html>", Content_Type="image/png"), "sent a web page", "the picture itself"),
        (answer(b"%PDF-1.7 ..."), "the PDF is damaged beyond repair", "copy it again"),
        (answer(b"something else"), "is not a picture that penstock can read", "convert"),
        (answer(b"x", Content_Encoding="br"), "compressed the content as br", "download it yourself"),
        (answer(b"not so", Content_Encoding="gzip"), "compression is damaged", "download it yourself"),
    ],
)
def test_a_failed_download_is_a_problem_with_a_hint(
    reply: Reply, why: str, hint: str, serve: Serve, problem: Callable[..., Problem], spool: Spool
) -> None:
    site = serve({"/x.jpg": reply})
    found = problem(f"{site.address}/x.jpg?token=secret")
    assert found.what == f"{site.address}/x.jpg?…"
    assert why in found.why
    assert hint in found.hint
    assert "secret" not in str(found)
    assert not list(spool.folder.glob("unfinished/*"))


def test_a_picture_with_too_many_pixels_is_refused(serve: Serve, problem: Callable[..., Problem]) -> None:
    """A decompression bomb: 900 million pixels in a small file."""

    def chunk(kind: bytes, content: bytes) -> bytes:
        return len(content).to_bytes(4) + kind + content + zlib.crc32(kind + content).to_bytes(4)

    size = (30_000).to_bytes(4)
    bomb = b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", size + size + b"\1\0\0\0\0")
    bomb += chunk(b"IDAT", zlib.compress(bytes(30_000 * 3_751))) + chunk(b"IEND", b"")
    site = serve({"/x.png": answer(bomb)})
    found = problem(f"{site.address}/x.png")
    assert "178 million pixels that penstock decodes" in found.why
    assert "scale" in found.hint


def test_a_failed_download_does_not_affect_others(serve: Serve, read: Read, picture: bytes) -> None:
    site = serve({"/one.jpg": answer(picture)})
    kinds = [type(item) for item in read(f"{site.address}/none.jpg", f"{site.address}/one.jpg")]
    assert kinds == [Problem, Document]


def test_chunked_content_is_complete_at_its_last_chunk(serve: Serve, read: Read, picture: bytes) -> None:
    half = chunked(picture[:9000], whole=False)
    site = serve({"/x.jpg": in_turn(half, chunked(picture))})
    (page,) = pages(read(f"{site.address}/x.jpg")[0])
    assert page.picture.path.read_bytes() == picture
    assert len(site.seen) == 2


def test_a_picture_cut_off_by_a_wrong_length_is_detected(serve: Serve, read: Read, picture: bytes) -> None:
    site = serve({"/x.jpg": answer(picture, Content_Length="9000")})
    (page,) = pages(read(f"{site.address}/x.jpg")[0])
    with pytest.raises(PictureError, match="cut off"):
        open_upright(page)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"urls": ()}, "urls is empty"),
        (
            {"urls": ("ftp://host/x?key=secret",)},
            "urls: ftp://host/x: unsupported scheme 'ftp': use http, https or a local path",
        ),
        ({"urls": ("letter.jpg",)}, "is not an http or https URL"),
        ({"urls": ("https://",)}, "is not an http or https URL"),
        ({"urls": ("https://me:secret@host/x",)}, "https://host/x contains a user or password"),
        ({"urls": ("https://secret@host/x",)}, "https://host/x contains a user or password"),
        ({"urls": ("https://host:secret/x",)}, "not a valid URL"),
        ({"urls": ("https://[secret/x",)}, "not a valid URL"),
    ],
)
def test_invalid_addresses_are_refused_when_configured(options: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError, match=message) as raised:
        Url(**options)
    assert "secret" not in str(raised.value)


def test_a_list_of_addresses_may_have_comments(
    serve: Serve, read: Read, picture: bytes, tmp_path: Path
) -> None:
    site = serve({"/one.jpg": answer(picture), "/two.jpg": answer(picture)})
    (tmp_path / "list.txt").write_bytes(
        b"\xef\xbb\xbf# the box of 1911\r\n"
        + f"{site.address}/two.jpg   # the second\r\n\r\n".encode()
        + f"not an address?sig=secret\r\n  {site.address}/one.jpg#page=1\r\n".encode()
        + f"{site.address}/two.jpg\r\n".encode()
    )
    first, wrong, second = read(urls_from=tmp_path / "list.txt")
    assert [getattr(each, "name", "") for each in (first, second)] == ["two", "one"]
    assert isinstance(wrong, Problem)
    assert wrong.what == "list.txt, line 4"
    assert "secret" not in str(wrong)
    assert "https://HOST" in wrong.hint


@pytest.mark.parametrize(
    ("content", "why"),
    [
        (None, "cannot be read"),
        (b"# nothing\n", "lists no addresses"),
        (b"\xff\xfe\x00", "is not a text file"),
    ],
)
def test_an_unusable_list_is_a_problem(content: bytes | None, why: str, read: Read, tmp_path: Path) -> None:
    if content is not None:
        (tmp_path / "list.txt").write_bytes(content)
    (found,) = read(urls_from=tmp_path / "list.txt")
    assert isinstance(found, Problem)
    assert why in found.why


def test_repeated_addresses_are_downloaded_once(serve: Serve, read: Read, picture: bytes) -> None:
    site = serve({"/get": answer(picture)})
    found = read(*(f"{site.address}/get?{query}" for query in ("id=1", "id=2", "id=1")))
    assert [item.origin for item in found if isinstance(item, Document)] == [
        f"{site.address}/get?… (address 1)",
        f"{site.address}/get?… (address 2)",
    ]
    assert sorted(path for path, _ in site.seen) == ["/get?id=1", "/get?id=2"]


@pytest.mark.parametrize(
    ("url", "disposition", "name"),
    [
        ("https://host/a/letter.jpg?x", None, "letter"),
        ("https://host/", None, "host"),
        ("https://host:8", None, "host"),
        ("https://host/%C3%A4.png", None, "ä"),
        ("https://host/..%2F..%2Fetc", None, "etc"),
        ("https://host/a/..", None, "host"),
        ("https://host/get", "attachment; filename=diary.tif", "diary"),
        ("https://host/get", 'attachment; filename="my \\"old\\" diary.tif"', 'my "old" diary'),
        ("https://host/get", "attachment; filename=a.jpg; filename*=UTF-8''%e2%82%ac.jpg", "€"),
        ("https://host/get", "attachment; filename*=iso-8859-1'de'%e4.jpg", "ä"),
        ("https://host/get", "inline; FileName = spaced.jpg ; size=3", "spaced"),
        ("https://host/get", 'attachment; filename="Ã¤.jpg"', "ä"),
        ("https://host/get", 'attachment; filename="../../etc/passwd"', "passwd"),
        ("https://host/get", 'attachment; filename="C:\\\\x\\\\y.jpg"', "y"),
        ("https://host/get", "attachment; filename*=utf-8''..%2F..%5Cevil%00%0a%1b.jpg", "evil"),
        ("https://host/get", "attachment; filename*=utf-8''gpj.%E2%80%AEexe.jpg", "gpj.exe"),
        ("https://host/get", 'attachment; filename=".."', "get"),
        ("https://host/get", "attachment; filename=", "get"),
        ("https://host/get", "attachment; filename*=klingon''%ff", "ÿ"),
        ("https://host/get", "attachment", "get"),
        ("https://host/get", ";;=;filename", "get"),
    ],
)
def test_document_names_are_safe(url: str, disposition: str | None, name: str) -> None:
    assert name_of(parse_address(url), disposition) == name


@given(st.text(), st.text(st.characters(max_codepoint=255)))
def test_any_header_gives_a_safe_name(path: str, value: str) -> None:
    url = parse_address("https://host/" + quote(path, errors="replace"))
    for name in (name_of(url, f"attachment; filename={value}"), name_of(url, f"x; filename*={value}")):
        assert name
        assert not set(name) & set("/\\\0\n\r\x1b\u202e")


@given(st.text() | st.text().map("https://host/".__add__) | st.text().map("http://".__add__))
def test_any_text_is_an_address_or_a_value_error(text: str) -> None:
    try:
        found = parse_address(text)
    except ValueError:
        return
    assert found.host
    assert found.location
    assert "?" not in found.shown.removesuffix("?…")
    assert parse_address(str(found)) == found


def test_the_name_comes_from_content_disposition(serve: Serve, read: Read, picture: bytes) -> None:
    reply = answer(picture, Content_Disposition='attachment; filename="Aunt Ida, 1911.jpg"')
    (document,) = read(f"{serve({'/get': reply}).address}/get")
    assert isinstance(document, Document)
    assert document.name == "Aunt Ida, 1911"


@pytest.mark.parametrize(
    ("folders", "folder"),
    [("none", ""), ("host", "host_81"), ("address", "host_81/a/ü")],
)
def test_the_folder_option_sets_the_folder(folders: Any, folder: str) -> None:
    assert folder_of(parse_address("https://host:81/a/../%C3%BC/x.jpg"), folders) == folder


def test_addresses_are_shown_without_their_query() -> None:
    assert Address("https://me@host:8/a?b=c#d").shown == "https://host:8/a?…"
    assert repr([Address("https://host/a?b=c")]) == "['https://host/a?…']"
    assert disposed_name("") == ""


def test_urls_and_paths_may_be_text(serve: Serve, read: Read, picture: bytes, tmp_path: Path) -> None:
    site = serve({"/one.jpg": answer(picture)})
    (tmp_path / "list.txt").write_text(f"{site.address}/one.jpg\n")
    assert Url(f"{site.address}/one.jpg").urls == (f"{site.address}/one.jpg",)
    (document,) = read(urls_from=str(tmp_path / "list.txt"))
    assert isinstance(document, Document)


def test_a_pdf_with_an_unreadable_first_page_keeps_the_others(
    serve: Serve, read: Read, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("penstock.pdf.drawing_cost.MAX_OPERATOR_BYTES", 5000)
    scans = [Image.effect_noise((120, 160), 80), Image.effect_noise((160, 120), 80)]
    scans[0].save(tmp_path / "two.pdf", save_all=True, append_images=scans[1:])
    with pikepdf.open(tmp_path / "two.pdf") as pdf:
        pdf.pages[0].contents_add(b"0 0 m\n" * 1000)
        pdf.save(tmp_path / "heavy.pdf")
    site = serve({"/x.pdf": answer((tmp_path / "heavy.pdf").read_bytes())})
    (document,) = read(f"{site.address}/x.pdf")
    assert isinstance(document, Document)
    assert [type(item) for item in document.pages] == [Problem, Page]
