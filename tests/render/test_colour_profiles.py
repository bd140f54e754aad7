"""Colours in a PDF are those of the picture's own colour profile."""

from __future__ import annotations

import io
from pathlib import Path

import pikepdf
import pypdfium2
import pytest
from PIL import Image, ImageCms

import odd_pictures
from penstock.images import find_pages
from penstock.model import Recognition, RecognizedPage
from penstock.render import write_searchable_pdf
from penstock.render.colour_profiles import changes_colours

SCANS = Path(__file__).parents[3] / "shared" / "scans"
WIDE = odd_pictures.wide_profile()
PLAIN = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
RED = (234, 51, 35)
"""sRGB's red in Display P3."""
BLOCK = Image.new("RGB", (64, 48), RED)

SAVED = {
    "a.jpg": {"quality": 95, "subsampling": 0},
    "a.mpo": {"quality": 95, "save_all": True, "append_images": [BLOCK]},
    "a.png": {},
    "palette.png": {},
    "transparent.png": {},
    "lzw.tif": {"compression": "tiff_lzw"},
    "jpeg.tif": {"compression": "jpeg", "quality": 95, "tiffinfo": {278: 48}},
    "a.webp": {"lossless": True},
    "a.avif": {"quality": 95},
    "a.heic": {"format": "HEIF", "quality": 95},
}


def saved(path: Path, profile: bytes, picture: Image.Image = BLOCK) -> Path:
    if path.stem == "palette":
        picture = picture.quantize(4)
    if path.stem == "transparent":
        picture = picture.convert("RGBA")
    picture.save(path, icc_profile=profile, **SAVED[path.name])
    return path


def written(*paths: Path) -> bytes:
    recognized = (
        RecognizedPage(page, Recognition()) for path in paths for page in find_pages(path, path.name)
    )
    target = io.BytesIO()
    assert write_searchable_pdf(recognized, target, pdfa=True).is_pdfa
    return target.getvalue()


def spaces(data: bytes) -> list[str]:
    """Return the colour space of each page's picture by name, or by its object number."""
    with pikepdf.open(io.BytesIO(data)) as pdf:
        found = [page.Resources.XObject.Im.ColorSpace for page in pdf.pages]
        return [str(space if isinstance(space, pikepdf.Name) else space[1].objgen) for space in found]


def shown(data: bytes) -> tuple[int, ...]:
    with pypdfium2.PdfDocument(data) as document:
        return document[0].render().to_pil().convert("RGB").getpixel((20, 20))


@pytest.mark.parametrize("name", SAVED)
def test_colours_of_a_wide_profile_are_kept_for_every_format(tmp_path, name):
    data = written(saved(tmp_path / name, WIDE))
    assert shown(data) == pytest.approx((255, 0, 0), abs=8)


@pytest.mark.parametrize("name", ["a.jpg", "palette.png", "a.heic"])
@pytest.mark.parametrize("profile", [b"", PLAIN, WIDE[:300], b"not a profile", WIDE[:8] + b"\5" + WIDE[9:]])
def test_srgb_and_invalid_profiles_are_not_written(tmp_path, name, profile):
    data = written(saved(tmp_path / name, profile))
    assert b"/ICCBased" not in data
    assert shown(data) == pytest.approx(RED, abs=8)


def test_a_profile_is_written_once_for_all_pages(tmp_path):
    wide = [saved(tmp_path / name, WIDE) for name in ("a.jpg", "a.png")]
    plain = saved(tmp_path / "lzw.tif", PLAIN)
    first, second, third = spaces(written(wide[0], plain, wide[1]))
    assert first == third != second == "/DeviceRGB"


def test_an_rgb_profile_of_a_gray_picture_is_ignored(tmp_path):
    gray = saved(tmp_path / "a.jpg", WIDE, BLOCK.convert("L"))
    assert spaces(written(gray)) == ["/DeviceGray"]


def test_each_frame_of_a_tiff_has_its_own_profile_or_none(tmp_path):
    path = tmp_path / "a.tif"
    wide, plain = BLOCK.copy(), BLOCK.copy()
    wide.encoderinfo = {"icc_profile": WIDE}
    plain.encoderinfo = {"icc_profile": None}
    wide.save(path, icc_profile=WIDE, compression="tiff_lzw", save_all=True, append_images=[plain])
    with Image.open(path) as image:
        image.seek(1)
        assert 0x8773 not in image.tag_v2
    first, second = spaces(written(path))
    assert first != second == "/DeviceRGB"


@pytest.mark.skipif(not SCANS.exists(), reason="needs the shared scans")
@pytest.mark.parametrize(
    ("name", "changes"),
    [("heic_paper_no_text.heic", True), ("hw_fr_will_short.jpg", False), ("hw_cs_notes_lined.jpg", False)],
)
def test_profiles_of_real_phones_and_scanners(name, changes):
    from penstock.images.formats import opened

    with opened(SCANS / name, name) as image:
        assert changes_colours(image.info["icc_profile"]) is changes
