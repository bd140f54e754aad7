"""What is kept between runs: unchanged pages are not fetched again, and nothing secret is written down."""

from __future__ import annotations

import json
import time as real_time
from collections.abc import Callable
from pathlib import Path

import pytest

from penstock.model import Document, Page, Problem
from penstock.spool import Spool
from penstock_plugins.sources.url.addresses import Address
from penstock_plugins.sources.url.memory import Body, Kept, Memory, Notes, Version
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
def test_an_unchanged_page_is_not_fetched_again(
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


def test_a_changed_page_is(serve: Serve, read: Read, picture: bytes, data: Path) -> None:
    other = (data / "whiteboard.jpg").read_bytes()
    site = serve({"/x.jpg": in_turn(stored(picture, ETag='"one"'), stored(other, ETag='"two"'))})
    assert page_of(read(f"{site.address}/x.jpg"))[1].picture.path.read_bytes() == picture
    assert page_of(read(f"{site.address}/x.jpg"))[1].picture.path.read_bytes() == other
    page_of(read(f"{site.address}/x.jpg"))
    assert site.asked("If-None-Match") == [None, '"one"', '"two"']


def test_a_kept_file_that_is_gone_is_fetched_anew(serve: Serve, read: Read, picture: bytes) -> None:
    site = serve({"/x.jpg": stored(picture, ETag='"one"')})
    page_of(read(f"{site.address}/x.jpg"))[1].picture.path.unlink()
    assert page_of(read(f"{site.address}/x.jpg"))[1].picture.path.read_bytes() == picture
    assert site.asked("If-None-Match") == [None, None]


def test_the_same_picture_at_two_addresses_is_kept_once(serve: Serve, read: Read, picture: bytes) -> None:
    site = serve({"/a.jpg": stored(picture, ETag='"a"'), "/b.jpg": stored(picture, ETag='"b"')})
    found = [page_of([item])[1] for item in read(f"{site.address}/a.jpg", f"{site.address}/b.jpg")]
    assert len({page.picture.path for page in found}) == 1
    assert len({page.picture.url for page in found}) == 2


def test_a_redirect_is_asked_before_what_it_leads_to(serve: Serve, read: Read, picture: bytes) -> None:
    """Signed addresses change with every redirect; what they lead to is known by its place."""
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


def test_what_is_noted_tells_neither_address_nor_signature(
    serve: Serve, read: Read, picture: bytes, spool: Spool
) -> None:
    site = serve({"/hidden.jpg": stored(picture, ETag='"one"'), "/open": redirect("/hidden.jpg?sig=secret")})
    read(f"{site.address}/open?sig=secret")
    (note,) = (spool.folder / "notes").iterdir()
    assert "secret" not in note.read_text()
    assert "hidden" not in note.read_text()
    assert "127.0.0.1" not in note.read_text()
    assert not any("secret" in path.name for path in spool.folder.rglob("*"))


@pytest.mark.parametrize(
    "note",
    [{}, [], 3, {"form": 99}, {"form": 1, "kept": {}, "begun": None}, {"form": 1, "kept": None, "begun": 3}],
)
def test_a_note_that_means_nothing_is_none(note: object, spool: Spool) -> None:
    address = Address("https://host/x")
    Notes(spool).remember(address, Memory())
    (path,) = (spool.folder / "notes").iterdir()
    path.write_text(json.dumps(note))
    assert Notes(spool).recall(address) == Memory()


def test_a_note_is_read_as_it_was_written(spool: Spool) -> None:
    kept = spool.keep(b"content", ".jpg")
    version = Version("place", '"one"', OLD, '"one"')
    file = kept.relative_to(spool.folder).as_posix()
    memory = Memory(Kept(file, 7, "Ida", version), Body(version, "Ida", "gzip", 9))
    Notes(spool).remember(Address("https://host/x"), memory)
    assert Notes(spool).recall(Address("https://host/x")) == memory
    assert Notes(spool).recall(Address("https://host/y")) == Memory()


def test_a_note_leads_to_no_file_elsewhere(spool: Spool, tmp_path: Path) -> None:
    (tmp_path / "else.jpg").write_bytes(b"content")
    for file in ("../../else.jpg", str(tmp_path / "else.jpg")):
        memory = Memory(Kept(file, 7, "x", Version("place", '"one"')))
        Notes(spool).remember(Address("https://host/x"), memory)
        assert Notes(spool).recall(Address("https://host/x")).kept is None


def test_the_spooled_file_keeps_its_time(serve: Serve, read: Read, picture: bytes) -> None:
    """A page whose file looked changed would be read again."""
    site = serve({"/x.jpg": answer(picture)})
    before = page_of(read(f"{site.address}/x.jpg"))[1].picture
    assert before.modified_ns is not None
    assert before.modified_ns <= real_time.time_ns()
    assert page_of(read(f"{site.address}/x.jpg"))[1].picture == before
