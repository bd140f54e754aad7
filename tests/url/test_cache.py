"""Downloads are stored between runs: unchanged content is not downloaded again, and no secret is stored."""

from __future__ import annotations

import json
import time as real_time
from collections.abc import Callable
from dataclasses import asdict, replace
from pathlib import Path

import pytest

from penstock.model import Document, Page, Problem
from penstock.spool import Spool
from penstock_plugins.sources.url.addresses import Address
from penstock_plugins.sources.url.cache import DownloadCache
from url.site import Reply, Site, answer, in_turn, redirect, stored

Serve = Callable[[dict[str, Reply]], Site]
Read = Callable[..., list[Document | Problem]]
OLD = "Sun, 01 Feb 2026 00:00:00 GMT"


def page_of(items: list[Document | Problem]) -> tuple[str, Page]:
    (item,) = items
    assert isinstance(item, Document), item
    (page,) = item.pages
    assert isinstance(page, Page)
    return item.name, page


@pytest.mark.parametrize("headers", [{"ETag": '"one"'}, {"ETag": 'W/"one"'}, {"Last_Modified": OLD}])
def test_unchanged_content_is_not_downloaded_again(
    headers: dict[str, str], serve: Serve, read: Read, picture: bytes
) -> None:
    whole = stored(picture, Content_Disposition='inline; filename="Ida.jpg"', **headers)
    site = serve({"/x": whole})
    first = page_of(read(f"{site.address}/x?sig=1"))
    again = page_of(read(f"{site.address}/x?sig=1"))
    assert again == first
    assert first[0] == "Ida"
    assert first[1].picture.modified_ns == again[1].picture.modified_ns
    asked = (site.asked("If-None-Match")[1], site.asked("If-Modified-Since")[1])
    assert asked == (headers.get("ETag"), headers.get("Last_Modified"))


def test_changed_content_is_downloaded_again(serve: Serve, read: Read, picture: bytes, data: Path) -> None:
    other = (data / "whiteboard.jpg").read_bytes()
    site = serve({"/x.jpg": in_turn(stored(picture, ETag='"one"'), stored(other, ETag='"two"'))})
    assert page_of(read(f"{site.address}/x.jpg"))[1].picture.path.read_bytes() == picture
    assert page_of(read(f"{site.address}/x.jpg"))[1].picture.path.read_bytes() == other
    page_of(read(f"{site.address}/x.jpg"))
    assert site.asked("If-None-Match") == [None, '"one"', '"two"']


def test_a_missing_file_is_downloaded_again(serve: Serve, read: Read, picture: bytes) -> None:
    site = serve({"/x.jpg": stored(picture, ETag='"one"')})
    page_of(read(f"{site.address}/x.jpg"))[1].picture.path.unlink()
    assert page_of(read(f"{site.address}/x.jpg"))[1].picture.path.read_bytes() == picture
    assert site.asked("If-None-Match") == [None, None]


def test_the_same_picture_at_two_addresses_is_stored_once(serve: Serve, read: Read, picture: bytes) -> None:
    site = serve({"/a.jpg": stored(picture, ETag='"a"'), "/b.jpg": stored(picture, ETag='"b"')})
    found = [page_of([item])[1] for item in read(f"{site.address}/a.jpg", f"{site.address}/b.jpg")]
    assert len({page.picture.path for page in found}) == 1
    assert len({page.picture.url for page in found}) == 2


def test_conditions_are_sent_only_to_the_location_that_sent_the_content(
    serve: Serve, read: Read, picture: bytes
) -> None:
    """The signature of a redirect's target may change with each request; its location does not."""
    site = serve(
        {
            "/x.jpg": in_turn(redirect("/stored?sig=1"), redirect("/stored?sig=2"), redirect("/other")),
            "/stored": stored(picture, ETag='"one"'),
            "/other": stored(picture, ETag='"one"'),
        }
    )
    for _ in range(3):
        page_of(read(f"{site.address}/x.jpg"))
    assert site.asked("If-None-Match") == [None, None, None, '"one"', None, None]


def test_an_entry_contains_neither_address_nor_signature(
    serve: Serve, read: Read, picture: bytes, spool: Spool
) -> None:
    site = serve({"/hidden.jpg": stored(picture, ETag='"one"'), "/open": redirect("/hidden.jpg?sig=secret")})
    read(f"{site.address}/open?sig=secret")
    (note,) = (spool.folder / "notes").iterdir()
    assert "secret" not in note.read_text()
    assert "hidden" not in note.read_text()
    assert "127.0.0.1" not in note.read_text()
    assert not any("secret" in path.name for path in spool.folder.rglob("*"))


STORED = {"file": "aa/x.jpg", "size": 7, "name": "x", "location": "there"}


@pytest.mark.parametrize(
    "note",
    [
        *({}, [], 3, {"form": 1, "kept": {}, "begun": None}, {"format": 2}, {"format": 2, "download": 3}),
        *({"format": 99, "download": STORED}, {"format": 2, "download": {}}),
        *({"format": 2, "download": STORED | {"more": 1}}, {"format": 2, "download": STORED | {"file": 3}}),
    ],
)
def test_an_unusable_entry_is_ignored(note: object, spool: Spool) -> None:
    address, path = Address("https://host/x"), spool.keep(b"content", ".jpg")
    DownloadCache(spool).store(address, path, "x", {}, address)
    (entry,) = (spool.folder / "notes").iterdir()
    entry.write_text(json.dumps(note))
    assert DownloadCache(spool).find(address) is None


def test_an_entry_is_found_by_its_address(spool: Spool) -> None:
    address, path = Address("https://host/x"), spool.keep(b"content", ".jpg")
    DownloadCache(spool).store(address, path, "Ida", {"ETag": '"one"', "Last-Modified": OLD}, address)
    found = DownloadCache(Spool(spool.folder)).find(address)
    assert found is not None
    assert (found.name, found.size, found.location) == ("Ida", 7, address.location)
    assert found.conditions() == {"If-None-Match": '"one"', "If-Modified-Since": OLD}
    assert DownloadCache(spool).path(found) == path
    assert DownloadCache(spool).find(Address("https://host/y")) is None


def test_an_entry_cannot_name_a_file_outside_the_spool(spool: Spool, tmp_path: Path) -> None:
    (tmp_path / "else.jpg").write_bytes(b"content")
    address = Address("https://host/x")
    DownloadCache(spool).store(address, spool.keep(b"content", ".jpg"), "x", {}, address)
    (entry,) = (spool.folder / "notes").iterdir()
    stored = DownloadCache(spool).find(address)
    assert stored is not None
    for file in ("../../else.jpg", str(tmp_path / "else.jpg")):
        note = {"format": 2, "download": asdict(replace(stored, file=file))}
        entry.write_text(json.dumps({"note": note, "needs": []}))
        assert DownloadCache(spool).find(address) is None


def test_a_second_download_leaves_the_stored_file_as_it_is(serve: Serve, read: Read, picture: bytes) -> None:
    """A page whose file seems changed would be recognized again."""
    site = serve({"/x.jpg": answer(picture)})
    before = page_of(read(f"{site.address}/x.jpg"))[1].picture
    assert before.modified_ns is not None
    assert before.modified_ns <= real_time.time_ns()
    assert page_of(read(f"{site.address}/x.jpg"))[1].picture == before
