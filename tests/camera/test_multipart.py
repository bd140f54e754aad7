"""Splitting a stream into pictures: what cameras send, what they get wrong, and other content."""

from __future__ import annotations

from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from penstock_plugins.sources.camera.errors import CameraError
from penstock_plugins.sources.camera.multipart import MAX_PICTURE, PartReader, boundary_of

ONE, TWO = b"\xff\xd8one\r\n--\xff\xd9", b"\xff\xd8two, longer\xff\xd9"


def stream(*pictures: bytes, length: str = "right", lines: str = "\r\n", end: bytes = b"") -> bytes:
    written = b""
    for picture in pictures:
        stated = {"right": len(picture), "short": 3, "long": 10_000, "huge": 10**8}.get(length)
        header = f"--b{lines}Content-Type: image/jpeg{lines}"
        header += f"Content-Length: {stated}{lines}" if stated else ""
        written += f"{header}{lines}".encode() + picture + lines.encode()
    return written + end


def split(content: bytes, size: int = 7, boundary: bytes = b"--b") -> list[bytes]:
    chunks = (content[start : start + size] for start in range(0, len(content), size))
    return [part.strip(b"\r\n") for part in PartReader(chunks, boundary)]


@pytest.mark.parametrize("length", ["right", "none", "short", "long", "huge"])
@pytest.mark.parametrize("lines", ["\r\n", "\n"])
@pytest.mark.parametrize("end", [b"", b"--b--\r\n"])
@pytest.mark.parametrize("boundary", [b"--b", b""])
@given(size=st.integers(1, 200))
def test_pictures_are_found_with_any_content_length(length, lines, end, boundary, size):
    assert split(stream(ONE, TWO, ONE, length=length, lines=lines, end=end), size, boundary) == [
        ONE,
        TWO,
        ONE,
    ]


def test_a_picture_with_a_length_is_complete_before_the_next_one():
    def chunks():
        yield stream(ONE).removesuffix(b"\r\n")
        raise AssertionError("read more than the first picture")

    assert next(iter(PartReader(chunks(), b"--b"))) == ONE


def test_an_interruption_within_a_picture_is_an_error():
    found = iter(PartReader(iter([stream(ONE, TWO, end=b"--b\r\n\r\n\xff\xd8thr")]), b"--b"))
    assert [next(found).strip(b"\r\n"), next(found).strip(b"\r\n")] == [ONE, TWO]
    with pytest.raises(CameraError, match="interrupted within a picture"):
        next(found)


def test_an_interruption_between_pictures_is_the_end():
    assert split(stream(ONE, end=b"--b\r\nContent-Ty")) == [ONE]
    assert split(b"") == []


@pytest.mark.parametrize(
    "content",
    [b"<html>" + b"x" * 20_000, b"--b\r\n" + b"X-Header: y\r\n" * 2_000],
    ids=["a web page", "headers without end"],
)
def test_other_content_is_refused_soon(content):
    with pytest.raises(CameraError, match="not send an MJPEG stream"):
        split(content, 1000)


def test_an_endless_picture_is_refused():
    def chunks():
        yield b"--b\r\n\r\n"
        while True:
            yield bytes(1_000_000)

    endless = iter(PartReader(chunks(), b"--b"))
    with pytest.raises(CameraError, match="not send an MJPEG stream"):
        next(endless)
    assert MAX_PICTURE < 50_000_000


@given(content=st.binary(max_size=2000))
def test_any_content_raises_only_camera_errors(content):
    with suppress(CameraError):
        assert b"--b" not in b"".join(split(b"--b\r\n\r\n" + content, 13))


@pytest.mark.parametrize(
    ("header", "boundary"),
    [
        ("multipart/x-mixed-replace; boundary=frame", b"--frame"),
        ("multipart/x-mixed-replace;boundary=--frame", b"--frame"),
        ('multipart/x-mixed-replace; boundary="my frame"', b"--my frame"),
        ("multipart/x-mixed-replace", b""),
    ],
)
def test_the_boundary_is_taken_from_the_header(header, boundary):
    assert boundary_of(header) == boundary
