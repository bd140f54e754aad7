"""A PNG's page is found from its chunks alone, and equals what Pillow finds by decoding everything."""

from __future__ import annotations

import io
import struct
import zlib
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image, ImageFile

import odd_pictures
from odd_pictures import ORIENTATION, marked
from penstock.errors import PictureError
from penstock.images import believable_dpi, find_pages, is_sound_png, open_upright

SHARED = Path(__file__).parents[3] / "shared" / "scans"
SIZE = (120, 80)
START = b"\x89PNG\r\n\x1a\n"


def chunk(kind: bytes, body: bytes) -> bytes:
    return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))


def png(before: bytes = b"", behind: bytes = b"", *, end: bytes = chunk(b"IEND", b"")) -> bytes:
    """Return the marked picture with chunks before and behind its pixels, which are split into two chunks."""
    rows = b"".join(b"\0" + marked(SIZE).tobytes()[start : start + 360] for start in range(0, 360 * 80, 360))
    pixels = zlib.compress(rows)
    header = chunk(b"IHDR", struct.pack(">IIBBBBB", *SIZE, 8, 2, 0, 0, 0))
    return START + header + before + chunk(b"IDAT", pixels[:50]) + chunk(b"IDAT", pixels[50:]) + behind + end


def exif(orientation: int) -> bytes:
    tags = Image.Exif()
    tags[ORIENTATION] = orientation
    return tags.tobytes().removeprefix(b"Exif\0\0")


def xmp(orientation: int) -> bytes:
    return b'<x:xmpmeta><rdf:Description tiff:Orientation="%d"/></x:xmpmeta>' % orientation


def profile(orientation: int) -> bytes:
    """Return EXIF as ImageMagick 6 writes it into text."""
    data = b"Exif\0\0" + exif(orientation)
    return b"\nexif\n%8d\n%b\n" % (len(data), data.hex().encode())


def dense(text: bytes) -> bytes:
    return b"\0" + zlib.compress(text)


def international(key: bytes, text: bytes, *, packed: bool) -> bytes:
    return chunk(b"iTXt", key + bytes([0, packed, 0, 0, 0]) + (zlib.compress(text) if packed else text))


XMP, RAW = b"XML:com.adobe.xmp", b"Raw profile type exif"
METADATA = {
    "eXIf": chunk(b"eXIf", exif(6)),
    "raw profile": chunk(b"zTXt", RAW + b"\0" + dense(profile(8))),
    "raw profile, not packed": chunk(b"tEXt", RAW + b"\0" + profile(5)),
    "XMP": international(XMP, xmp(7), packed=False),
    "packed XMP": international(XMP, xmp(3), packed=True),
}


def by_pillow(path: Path) -> tuple[object, ...]:
    """Return the orientation, upright size and resolution after Pillow has decoded the whole picture."""
    with Image.open(path) as image:
        image.load()
        orientation = image.getexif().get(ORIENTATION, 1)
        orientation = orientation if orientation in range(1, 9) else 1
        turned = orientation > 4
        dpi = believable_dpi(image.info.get("dpi"), *image.size)
        size, dpi = (each and each[:: -1 if turned else 1] for each in (image.size, dpi))
        return orientation, *size, dpi


def found(path: Path) -> tuple[object, ...]:
    (page,) = find_pages(path, path.name)
    return page.orientation, page.width, page.height, page.dpi


@pytest.mark.parametrize("place", ["before", "behind"])
@pytest.mark.parametrize("how", METADATA)
def test_an_orientation_is_found_in_every_kind_of_chunk_and_place(tmp_path, monkeypatch, how, place):
    path = tmp_path / "a.png"
    path.write_bytes(png(**{place: METADATA[how] + chunk(b"pHYs", struct.pack(">IIB", 7874, 11811, 1))}))
    expected = by_pillow(path)
    assert expected[0] != 1
    assert expected[3] is not None
    with monkeypatch.context() as patch:
        patch.setattr(ImageFile.ImageFile, "load", lambda *_: pytest.fail("the picture was decoded"))
        assert found(path) == expected
    (page,) = find_pages(path, "a.png")
    assert open_upright(page).size == (page.width, page.height)


@pytest.mark.skipif(not SHARED.exists(), reason="needs the shared scans")
@pytest.mark.parametrize("path", sorted(SHARED.glob("*.png")), ids=lambda path: path.name)
def test_a_real_png_is_found_as_pillow_decodes_it(path):
    try:
        expected = by_pillow(path)
    except OSError:
        with pytest.raises(PictureError, match="damaged or cut off"):
            found(path)
    else:
        assert found(path) == expected


KEYS = (XMP, RAW, b"exif", b"dpi", b"Comment", b"")
TEXTS = (xmp(6), profile(8), b"", b"300", b"\nexif\n 8\nno number\n", exif(5), b"\xff" * 40)
PHYSICAL = (struct.pack(">IIB", 5906, 5906, 1), struct.pack(">IIB", 1, 2, 0), b"\0\0", b"\0" * 9)


@st.composite
def chunks(draw: st.DrawFn) -> bytes:
    """Draw a metadata chunk, valid or damaged in one of many ways, or a chunk of another kind."""
    key, text = draw(st.sampled_from(KEYS)), draw(st.sampled_from(TEXTS))
    packed = draw(st.sampled_from((dense(text), b"\0" + text, b"\1" + text, b"", dense(text)[:-4])))
    return draw(
        st.sampled_from(
            (
                chunk(b"eXIf", text),
                *(chunk(b"eXIf", exif(orientation)) for orientation in (0, 1, 4, 7, 300)),
                *(chunk(b"pHYs", body) for body in PHYSICAL),
                chunk(b"tEXt", key + b"\0" + text),
                chunk(b"tEXt", text),
                chunk(b"zTXt", key + b"\0" + packed),
                international(key, text, packed=True),
                international(key, text, packed=False),
                chunk(b"iTXt", key + b"\0\1\0\0\0" + text),
                chunk(b"iTXt", key + b"\0"),
                chunk(b"tIME", b"1234567"),
                chunk(b"prVt", text),
            )
        )
    )


@given(data=st.data())
def test_any_metadata_is_found_as_pillow_finds_it(tmp_path_factory, data):
    many = st.lists(chunks(), max_size=4).map(b"".join)
    before, behind = data.draw(many), data.draw(st.sampled_from((b"", chunk(b"IDAT", b"")))) + data.draw(many)
    whole = png(before, behind, end=data.draw(st.sampled_from((chunk(b"IEND", b""), b"", b"\0\0\0\0IE?D"))))
    cut = data.draw(st.integers(0, 60 + len(behind)) | st.just(0))
    path = tmp_path_factory.mktemp("png") / "a.png"
    path.write_bytes(whole[: len(whole) - cut])
    try:
        expected: object = by_pillow(path)
    except Exception:
        with pytest.raises(PictureError) as error:
            found(path)
        assert error.value.hint
    else:
        assert found(path) == expected


@pytest.mark.parametrize("place", ["before", "behind"])
def test_a_bomb_in_a_text_chunk_is_refused(tmp_path, place):
    bomb = dense(b"\0" * 50_000_000)
    (tmp_path / "a.png").write_bytes(png(**{place: chunk(b"zTXt", b"Comment\0" + bomb)}))
    with pytest.raises(PictureError, match="too large"):
        found(tmp_path / "a.png")


def test_more_metadata_than_the_limit_is_left_to_pillow(tmp_path, monkeypatch):
    monkeypatch.setattr("penstock.images.png_chunks._MAX_METADATA", 100)
    (tmp_path / "a.png").write_bytes(png(behind=chunk(b"tEXt", b"a\0" + b"b" * 90) + METADATA["eXIf"]))
    assert found(tmp_path / "a.png")[0] == 6


def test_is_sound_png_detects_every_missing_or_changed_byte():
    whole = png(METADATA["XMP"], METADATA["eXIf"])
    assert is_sound_png(whole)
    assert is_sound_png(whole + b"anything")
    assert not any(is_sound_png(whole[:cut]) for cut in range(len(whole)))
    for place in range(8, len(whole)):
        damaged = bytearray(whole)
        damaged[place] ^= 1
        assert not is_sound_png(bytes(damaged)), place


@pytest.mark.parametrize("cut", [1, 2, 3])
def test_a_truncated_png_is_refused(tmp_path, cut):
    whole = png()
    (tmp_path / "a.png").write_bytes(whole[: len(whole) * cut // 4])
    with pytest.raises(PictureError, match="damaged or cut off"):
        found(tmp_path / "a.png")


def test_a_png_without_iend_is_accepted_if_its_pixels_are_complete(tmp_path):
    (tmp_path / "a.png").write_bytes(png(METADATA["eXIf"], end=b""))
    assert found(tmp_path / "a.png") == (6, 80, 120, None)


def test_metadata_behind_the_second_picture_of_an_animation_is_ignored(tmp_path):
    buffer = io.BytesIO()
    marked(SIZE).save(buffer, "PNG", save_all=True, append_images=[Image.new("RGB", SIZE, "green")])
    whole = buffer.getvalue()
    second = whole.index(b"fcTL", whole.index(b"IDAT")) - 4
    for place, orientation in ((second, 6), (len(whole) - 12, 1)):
        (tmp_path / "a.png").write_bytes(whole[:place] + METADATA["eXIf"] + whole[place:])
        assert by_pillow(tmp_path / "a.png")[0] == orientation
        assert found(tmp_path / "a.png")[0] == orientation


KINDS = {"a.heic": "HEIF", "a.mpo": "MPO", "a.apng": "PNG", "several.tif": "TIFF"}


@pytest.mark.parametrize(
    "name",
    ["a.png", "a.jpg", "a.tif", "a.webp", "a.gif", "a.bmp", "a.jp2", "a.avif", *KINDS],
)
def test_finding_a_page_decodes_nothing(tmp_path, monkeypatch, name):
    several = {"save_all": True, "append_images": [marked().rotate(90)]} if name in KINDS else {}
    if name == "a.heic":
        odd_pictures.save_heic(tmp_path / name, marked())
    else:
        marked().save(tmp_path / name, KINDS.get(name), **several)
    monkeypatch.setattr(ImageFile.ImageFile, "load", lambda *_: pytest.fail("the picture was decoded"))
    pages = list(find_pages(tmp_path / name, name))
    assert (pages[0].width, pages[0].height) == SIZE
