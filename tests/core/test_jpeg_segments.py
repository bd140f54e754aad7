"""The first picture of a JPEG file with more pictures or data in it is cut out as a file of its own."""

from __future__ import annotations

import io

import pytest
from PIL import Image, ImageChops

from odd_pictures import marked
from penstock.images import jpeg_segments
from penstock.images.metadata import without_metadata

SECOND = marked().rotate(180)
TAGS = Image.Exif()
TAGS[0x010E] = "a description"


def saved(kind: str, **options: object) -> bytes:
    buffer = io.BytesIO()
    marked().save(buffer, kind, **options)
    return buffer.getvalue()


def taken(content: bytes) -> bytes | None:
    return without_metadata(content)


@pytest.mark.parametrize("progressive", [False, True])
@pytest.mark.parametrize("tags", [{}, {"exif": TAGS, "icc_profile": b"a profile"}])
def test_the_first_of_several_pictures_equals_a_file_with_that_picture_alone(tags, progressive):
    options = {"quality": 90, "progressive": progressive}
    several = saved("MPO", save_all=True, append_images=[SECOND], **options, **tags)
    profile = {name: tag for name, tag in tags.items() if name == "icc_profile"}
    assert taken(several) == saved("JPEG", **options, **profile)


@pytest.mark.parametrize("behind", [b"", b"\0\0\0\x18ftypmp42film", b"\xff\xd8\xff\xe0", b"\xff" * 9])
def test_data_behind_a_picture_is_left_out(behind):
    alone = saved("JPEG", quality=90)
    assert taken(alone + behind) == alone


def test_a_thumbnail_within_exif_does_not_end_the_picture():
    exif = Image.Exif()
    exif[0x010E] = "\xff\xd9 not the end"
    thumbnail = saved("JPEG", quality=20)
    alone = saved("JPEG", exif=exif.tobytes() + thumbnail)
    assert thumbnail in alone
    assert taken(alone + saved("JPEG")) == saved("JPEG")


def test_a_truncated_picture_gives_none():
    whole = saved("MPO", save_all=True, append_images=[SECOND], quality=90)
    first = whole.index(b"\xff\xd8\xff", 20)
    for cut in range(2, first):
        assert taken(whole[:cut]) is None
    assert taken(whole[: first - 40] + saved("JPEG")) is None
    assert taken(b"") is None


def test_the_pixels_are_unchanged():
    whole = saved("MPO", save_all=True, append_images=[SECOND])
    with Image.open(io.BytesIO(whole)) as before, Image.open(io.BytesIO(taken(whole))) as after:
        assert (before.format, after.format) == ("MPO", "JPEG")
        assert ImageChops.difference(before, after).getbbox() is None


@pytest.mark.parametrize("block", [4, 5, 64])
def test_segments_are_found_across_the_borders_of_blocks(monkeypatch, block):
    file = io.BytesIO(saved("MPO", save_all=True, append_images=[SECOND], progressive=True))
    expected = list(jpeg_segments.walk_segments(file))
    assert [segment.kind for segment in expected].count(b"\xff\xd9") == 2
    monkeypatch.setattr(jpeg_segments, "_BLOCK", block)
    assert list(jpeg_segments.walk_segments(file)) == expected
