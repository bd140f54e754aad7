"""EXIF, XMP and comments are left out of files, and the pixels, the profile and the resolution stay."""

from __future__ import annotations

import io
from pathlib import Path
from typing import Any

import pikepdf
import pytest
from PIL import Image, PngImagePlugin

from odd_pictures import marked, wide_profile
from penstock.images import find_pages
from penstock.images.metadata import jpeg_2000_without_metadata, without_metadata
from penstock.model import Recognition, RecognizedPage
from penstock.render import write_searchable_pdf

PROFILE = wide_profile()
SECRETS = (b"SN-0042", b"<x:xmpmeta", b"seen by a neighbour", b"Latitude", b"8BIM")


def exif() -> Image.Exif:
    tags = Image.Exif()
    tags[0x0131] = "SN-0042"
    tags.get_ifd(0x8825)[1] = "Latitude"
    return tags


def saved(kind: str, **options: Any) -> bytes:
    buffer = io.BytesIO()
    marked().save(buffer, kind, **options)
    return buffer.getvalue()


def jpeg(**options: Any) -> bytes:
    content = saved(
        "JPEG", exif=exif(), xmp=b"<x:xmpmeta/>", comment="seen by a neighbour", icc_profile=PROFILE,
        dpi=(300, 300), quality=90, **options,
    )  # fmt: skip
    photoshop = b"\xff\xed\0\x14Photoshop 3.0\x008BIM"
    return content[:20] + photoshop + content[20:]


def png() -> bytes:
    text = PngImagePlugin.PngInfo()
    text.add_text("Comment", "seen by a neighbour")
    text.add_itxt("XML:com.adobe.xmp", "<x:xmpmeta/>")
    return saved("PNG", exif=exif(), pnginfo=text, icc_profile=PROFILE, dpi=(300, 300))


@pytest.mark.parametrize("content", [jpeg(), jpeg(progressive=True), png()])
@pytest.mark.parametrize("behind", [b"", b"SN-0042, a film"])
def test_metadata_is_left_out_and_pixels_stay(content, behind):
    left = without_metadata(content + behind)
    assert any(secret in content for secret in SECRETS)
    assert not any(secret in left for secret in SECRETS)
    with Image.open(io.BytesIO(content)) as before, Image.open(io.BytesIO(left)) as after:
        assert before.tobytes() == after.tobytes()
        assert after.info["icc_profile"] == PROFILE
        assert round(after.info["dpi"][0]) == 300
    assert without_metadata(left) == left


@pytest.mark.parametrize("content", [jpeg(), png()])
def test_a_truncated_file_gives_none(content):
    assert without_metadata(content[:-20]) is None


def boxed(content: bytes) -> bytes:
    uuid = b"uuid" + bytes(16) + b"<x:xmpmeta/>"
    return content[:32] + (len(uuid) + 4).to_bytes(4, "big") + uuid + content[32:]


def test_boxes_of_metadata_are_left_out_of_a_jpeg_2000():
    content = saved("JPEG2000")
    file = io.BytesIO(boxed(content))
    spans = jpeg_2000_without_metadata(file)
    assert b"".join(file.getvalue()[start : start + size] for start, size in spans) == content


@pytest.mark.parametrize(("name", "content"), [("a.jpg", jpeg()), ("a.jp2", boxed(saved("JPEG2000")))])
@pytest.mark.parametrize("strip_metadata", [False, True])
def test_a_pdf_holds_metadata_unless_it_is_stripped(tmp_path: Path, name, content, strip_metadata):
    (tmp_path / name).write_bytes(content)
    pages = [RecognizedPage(page, Recognition()) for page in find_pages(tmp_path / name, name)]
    pdf = io.BytesIO()
    write_searchable_pdf(pages, pdf, strip_metadata=strip_metadata)
    with pikepdf.open(pdf) as document:
        held = document.pages[0].Resources.XObject.Im.read_raw_bytes()
    assert any(secret in held for secret in SECRETS) is not strip_metadata
    with Image.open(io.BytesIO(content)) as before, Image.open(io.BytesIO(held)) as after:
        assert before.tobytes() == after.tobytes()
