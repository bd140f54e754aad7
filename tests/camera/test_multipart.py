"""A stream cut into pictures: what cameras write, what they get wrong, and what is no stream at all."""

from __future__ import annotations

from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from penstock_plugins.sources.camera.multipart import MAX_PICTURE, boundary_of, parts
from penstock_plugins.sources.camera.trouble import CameraTrouble

ONE, TWO = b"\xff\xd8one\r\n--\xff\xd9", b"\xff\xd8two, longer\xff\xd9"


def stream(*pictures: bytes, length: str = "right", lines: str = "\r\n", end: bytes = b"") -> bytes:
    written = b""
    for picture in pictures:
        said = {"right": len(picture), "short": 3, "long": 10_000, "huge": 10**8}.get(length)
        header = f"--b{lines}Content-Type: image/jpeg{lines}"
        header += f"Content-Length: {said}{lines}" if said else ""
        written += f"{header}{lines}".encode() + picture + lines.encode()
    return written + end


def cut(content: bytes, size: int = 7, boundary: bytes = b"--b") -> list[bytes]:
    chunks = (content[start : start + size] for start in range(0, len(content), size))
    return [part.strip(b"\r\n") for part in parts(chunks, boundary)]


@pytest.mark.parametrize("length", ["right", "none", "short", "long", "huge"])
@pytest.mark.parametrize("lines", ["\r\n", "\n"])
@pytest.mark.parametrize("end", [b"", b"--b--\r\n"])
@pytest.mark.parametrize("boundary", [b"--b", b""])
@given(size=st.integers(1, 200))
def test_pictures_are_found_whatever_is_said_of_their_length(length, lines, end, boundary, size):
    assert cut(stream(ONE, TWO, ONE, length=length, lines=lines, end=end), size, boundary) == [ONE, TWO, ONE]


def test_a_picture_of_known_length_is_there_before_the_next_one_begins():
    def chunks():
        yield stream(ONE).removesuffix(b"\r\n")
        raise AssertionError("nobody need wait for more")

    assert next(parts(chunks(), b"--b")) == ONE


def test_what_breaks_off_within_a_picture_gives_those_before():
    found = parts(iter([stream(ONE, TWO, end=b"--b\r\n\r\n\xff\xd8thr")]), b"--b")
    assert [next(found).strip(b"\r\n"), next(found).strip(b"\r\n")] == [ONE, TWO]
    with pytest.raises(CameraTrouble, match="broke off within a picture"):
        next(found)


def test_what_breaks_off_between_pictures_is_the_end():
    assert cut(stream(ONE, end=b"--b\r\nContent-Ty")) == [ONE]
    assert cut(b"") == []


@pytest.mark.parametrize(
    "content",
    [b"<html>" + b"x" * 20_000, b"--b\r\n" + b"X-Header: y\r\n" * 2_000],
    ids=["a web page", "headers without end"],
)
def test_what_is_no_stream_is_refused_soon(content):
    with pytest.raises(CameraTrouble, match="no MJPEG stream"):
        cut(content, 1000)


def test_a_picture_without_end_is_refused():
    def chunks():
        yield b"--b\r\n\r\n"
        while True:
            yield bytes(1_000_000)

    given_up = parts(chunks(), b"--b")
    with pytest.raises(CameraTrouble, match="no MJPEG stream"):
        next(given_up)
    assert MAX_PICTURE < 50_000_000


@given(content=st.binary(max_size=2000))
def test_nothing_that_comes_raises_anything_else(content):
    with suppress(CameraTrouble):
        assert b"--b" not in b"".join(cut(b"--b\r\n\r\n" + content, 13))


@pytest.mark.parametrize(
    ("header", "boundary"),
    [
        ("multipart/x-mixed-replace; boundary=frame", b"--frame"),
        ("multipart/x-mixed-replace;boundary=--frame", b"--frame"),
        ('multipart/x-mixed-replace; boundary="my frame"', b"--my frame"),
        ("multipart/x-mixed-replace", b""),
    ],
)
def test_the_boundary_is_that_of_the_header(header, boundary):
    assert boundary_of(header) == boundary
