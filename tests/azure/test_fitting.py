"""Files are sent unchanged if the service accepts them; otherwise they are scaled or encoded for sending."""

from __future__ import annotations

import io
from collections.abc import Callable
from pathlib import Path

import pytest
from PIL import Image

from penstock.errors import PageRefused, PictureChanged, PictureError
from penstock.images import find_pages
from penstock.images.metadata import without_metadata
from penstock.model import Page
from penstock_plugins.recognizers.azure.api_versions import READ, PictureLimits
from penstock_plugins.recognizers.azure.fitting import SentPicture, fit_picture

SHARED = Path(__file__).parents[3] / "shared" / "scans"
LIMITS = READ["3.2"].pictures
PageOf = Callable[[Path], Page]


def drawn(size: tuple[int, int], mode: str = "RGB") -> Image.Image:
    """Return a picture with a gradient, which no encoder compresses to almost nothing."""
    return Image.linear_gradient("L").resize(size).convert(mode)


def decoded(body: bytes) -> Image.Image:
    return Image.open(io.BytesIO(body))


@pytest.mark.parametrize(("kind", "mode"), [("jpeg", "RGB"), ("png", "L"), ("bmp", "RGB"), ("tiff", "1")])
def test_accepted_file_is_sent_unchanged(kind: str, mode: str, tmp_path: Path, page_of: PageOf) -> None:
    path = tmp_path / "page"
    drawn((300, 200), mode).save(path, kind)
    fitted = fit_picture(page_of(path), LIMITS)
    assert fitted.is_unchanged
    assert fitted.body == path.read_bytes()
    assert fitted.sent == SentPicture(300, 200)


@pytest.mark.parametrize("kind", ["gif", "webp"])
def test_other_formats_are_encoded_at_their_own_size(kind: str, tmp_path: Path, page_of: PageOf) -> None:
    path = tmp_path / "page"
    drawn((300, 200)).save(path, kind)
    fitted = fit_picture(page_of(path), LIMITS)
    assert not fitted.is_unchanged
    assert decoded(fitted.body).format in ("PNG", "JPEG")
    assert fitted.sent == SentPicture(300, 200)


@pytest.mark.parametrize("orientation", range(2, 9))
def test_rotated_picture_is_sent_upright(orientation: int, tmp_path: Path, page_of: PageOf) -> None:
    path = tmp_path / "page.jpg"
    exif = Image.Exif()
    exif[0x0112] = orientation
    drawn((300, 200)).save(path, exif=exif)
    page = page_of(path)
    fitted = fit_picture(page, LIMITS)
    assert not fitted.is_unchanged
    sent = decoded(fitted.body)
    assert sent.size == (page.width, page.height) == ((200, 300) if orientation > 4 else (300, 200))
    assert sent.getexif().get(0x0112, 1) == 1


def phones_jpeg(path: Path, orientation: int = 1) -> bytes:
    """Write a JPEG followed by a second picture; return the bytes of the first one alone."""
    exif = Image.Exif()
    exif[0x0112] = orientation
    options = {"exif": exif, "quality": 85, "dpi": (300, 300)}
    alone = io.BytesIO()
    drawn((300, 200)).save(alone, "JPEG", **options)
    drawn((300, 200)).save(path, "MPO", save_all=True, append_images=[drawn((200, 150))], **options)
    return alone.getvalue()


def test_first_picture_of_a_phone_jpeg_is_sent_unchanged(tmp_path: Path, page_of: PageOf) -> None:
    path = tmp_path / "page.jpg"
    alone = phones_jpeg(path)
    fitted = fit_picture(page_of(path), LIMITS)
    assert decoded(path.read_bytes()).format == "MPO"
    assert decoded(fitted.body).format == "JPEG"
    assert fitted.body == without_metadata(alone)
    assert b"Exif" not in fitted.body
    assert fitted.sent == SentPicture(300, 200)
    assert not fitted.is_unchanged  # what its address gives has the other picture behind it


@pytest.mark.parametrize("orientation", [3, 6])
def test_rotated_phone_jpeg_is_sent_upright(orientation: int, tmp_path: Path, page_of: PageOf) -> None:
    path = tmp_path / "page.jpg"
    phones_jpeg(path, orientation)
    page = page_of(path)
    sent = decoded(fit_picture(page, LIMITS).body)
    assert sent.size == (page.width, page.height) == ((200, 300) if orientation == 6 else (300, 200))
    assert sent.getexif().get(0x0112, 1) == 1


def test_video_behind_a_picture_is_not_sent(tmp_path: Path, page_of: PageOf) -> None:
    path = tmp_path / "page.jpg"
    drawn((300, 200)).save(path)
    picture, film = path.read_bytes(), b"\0\0\0\x18ftypmp42" + bytes(4_000_000)
    path.write_bytes(picture + film)
    fitted = fit_picture(page_of(path), LIMITS.for_tier("free"))
    assert fitted.body == picture
    assert not fitted.is_unchanged


def test_too_large_phone_jpeg_is_scaled(tmp_path: Path, page_of: PageOf) -> None:
    path = tmp_path / "page.jpg"
    phones_jpeg(path)
    fitted = fit_picture(page_of(path), PictureLimits(1 << 20, 50, 150))
    assert fitted.sent == SentPicture(150, 100, 0.5, 0.5)
    assert len(fit_picture(page_of(path), PictureLimits(4000, 50, 1000)).body) <= 4000


def test_one_page_of_a_tiff_is_sent_alone(tmp_path: Path) -> None:
    path = tmp_path / "two.tif"
    drawn((300, 200)).save(path, save_all=True, append_images=[drawn((120, 90), "L")])
    first, second = find_pages(path, "two.tif")
    assert decoded(fit_picture(first, LIMITS).body).size == (300, 200)
    fitted = fit_picture(second, LIMITS)
    assert decoded(fitted.body).size == (120, 90)
    assert getattr(decoded(fitted.body), "n_frames", 1) == 1


def test_bilevel_scans_are_sent_losslessly(tmp_path: Path) -> None:
    path = tmp_path / "two.tif"
    pages = [drawn((300, 200), "1"), drawn((200, 300), "1")]
    pages[0].save(path, save_all=True, append_images=pages[1:], compression="group4")
    for page, original in zip(find_pages(path, "two.tif"), pages, strict=True):
        sent = decoded(fit_picture(page, LIMITS).body)
        assert sent.format == "PNG"
        assert sent.tobytes() == original.convert("L").tobytes()


@pytest.mark.filterwarnings("ignore::UserWarning")
@pytest.mark.parametrize(
    ("kind", "mode", "options"),
    [
        ("jpeg", "RGB", {}),
        ("jpeg", "L", {"progressive": True}),
        ("bmp", "RGB", {}),
        ("tiff", "RGB", {}),
        ("tiff", "RGB", {"compression": "tiff_lzw"}),
        ("tiff", "1", {"compression": "group4"}),
    ],
)
def test_truncated_file_is_not_sent(kind: str, mode: str, options: dict[str, object], tmp_path: Path) -> None:
    path = tmp_path / "page"
    Image.effect_noise((160, 100), 60).convert(mode).save(path, kind, **options)
    whole = path.read_bytes()
    # A JPEG that lacks only its end mark, the last two bytes, lacks no pixel.
    ends = [] if kind == "jpeg" else [len(whole) - 2, len(whole) - 1]
    for cut in (*range(1, len(whole) - 2, max(1, len(whole) // 60)), *ends):
        path.write_bytes(whole[:cut])
        with pytest.raises(PictureError):
            for page in find_pages(path, "page"):
                fit_picture(page, LIMITS)


@pytest.mark.skipif(not SHARED.is_dir(), reason="needs the shared scans")
def test_truncated_real_scan_is_not_sent(page_of: PageOf) -> None:
    with pytest.raises(PictureError, match="damaged or cut off"):
        fit_picture(page_of(SHARED / "derived_will_truncated.jpg"), LIMITS)


@pytest.mark.skipif(not SHARED.is_dir(), reason="needs the shared scans")
@pytest.mark.parametrize(
    "name",
    [
        *("hw_en_letter_p1.jpg", "hw_en_whiteboard.jpg", "wrong_extension_jpeg.png", "jpeg_cmyk_small.jpg"),
        *("exif_orientation_0_invalid.jpg", "png_palette_print.png"),
    ],
)
def test_complete_real_scan_is_sent_without_its_metadata(name: str, page_of: PageOf) -> None:
    fitted = fit_picture(page_of(SHARED / name), LIMITS)
    assert fitted.body == without_metadata((SHARED / name).read_bytes())


def test_png_with_damaged_pixels_is_not_sent(tmp_path: Path, page_of: PageOf) -> None:
    path = tmp_path / "page.png"
    Image.effect_noise((300, 200), 60).save(path)
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 0xFF
    path.write_bytes(content)
    with pytest.raises(PictureError, match="damaged or cut off"):
        fit_picture(page_of(path), LIMITS)


def test_png_with_wrong_checksum_is_encoded_again(tmp_path: Path, page_of: PageOf) -> None:
    path = tmp_path / "page.png"
    drawn((300, 200), "L").save(path)
    content = bytearray(path.read_bytes())
    content[content.index(b"IEND") - 8] ^= 0xFF
    path.write_bytes(content)
    fitted = fit_picture(page_of(path), LIMITS)
    assert not fitted.is_unchanged
    assert decoded(fitted.body).tobytes() == drawn((300, 200), "L").tobytes()


def test_large_picture_is_scaled_down(tmp_path: Path, page_of: PageOf) -> None:
    path = tmp_path / "page.png"
    drawn((5000, 1000), "L").save(path)
    fitted = fit_picture(page_of(path), READ["2.0"].pictures)
    assert decoded(fitted.body).size == (4200, 840)
    assert fitted.sent == SentPicture(4200, 840, 0.84, 0.84)


def test_small_picture_is_scaled_up(tmp_path: Path, page_of: PageOf) -> None:
    path = tmp_path / "page.png"
    drawn((500, 20), "L").save(path)
    fitted = fit_picture(page_of(path), LIMITS)
    assert decoded(fitted.body).size == (1250, 50)
    assert fitted.sent == SentPicture(1250, 50, 2.5, 2.5)


def test_thin_strip_is_padded(tmp_path: Path, page_of: PageOf) -> None:
    path = tmp_path / "page.png"
    drawn((20_000, 10), "L").save(path)
    fitted = fit_picture(page_of(path), LIMITS)
    assert decoded(fitted.body).size == (10_000, 50)
    assert fitted.sent == SentPicture(10_000, 50, 0.5, 0.5)


def test_large_file_is_sent_in_lower_quality(tmp_path: Path, page_of: PageOf) -> None:
    path = tmp_path / "page.bmp"
    Image.effect_noise((1300, 1100), 60).convert("RGB").save(path)
    assert path.stat().st_size > 4_000_000
    fitted = fit_picture(page_of(path), LIMITS.for_tier("free"))
    assert len(fitted.body) <= 4_000_000
    assert fitted.sent == SentPicture(1300, 1100)


def test_picture_is_scaled_if_lower_quality_is_not_enough(tmp_path: Path, page_of: PageOf) -> None:
    path = tmp_path / "page.png"
    Image.effect_noise((400, 300), 90).save(path)
    fitted = fit_picture(page_of(path), PictureLimits(12_000, 50, 10_000))
    assert len(fitted.body) <= 12_000
    assert fitted.sent.width < 400
    assert fitted.sent.across == pytest.approx(fitted.sent.width / 400)


def test_picture_that_cannot_be_made_small_enough_is_refused(tmp_path: Path, page_of: PageOf) -> None:
    path = tmp_path / "page.png"
    Image.effect_noise((200, 200), 90).save(path)
    with pytest.raises(PageRefused, match="no scaling brings it below 100 bytes"):
        fit_picture(page_of(path), PictureLimits(100, 50, 10_000))


def test_changed_file_is_not_sent(tmp_path: Path, page_of: PageOf) -> None:
    path = tmp_path / "page.png"
    drawn((100, 100), "L").save(path)
    page = page_of(path)
    drawn((101, 100), "L").save(path)
    with pytest.raises(PictureChanged):
        fit_picture(page, LIMITS)


def test_free_tier_has_a_lower_size_limit() -> None:
    for version in READ.values():
        free = version.pictures.for_tier("free")
        assert free.max_bytes == 4_000_000 < version.pictures.max_bytes
        assert 50 == free.min_side < free.max_side


TAGGED = Image.Exif()
TAGGED[0x0131] = "SN-0042"


@pytest.mark.parametrize("kind", ["jpeg", "png", "tiff", "webp", "gif", "mpo", "avif"])
def test_metadata_is_not_sent(kind: str, tmp_path: Path, page_of: PageOf) -> None:
    path = tmp_path / "page"
    options: dict[str, object] = {"comment": "SN-0042"} if kind == "gif" else {"exif": TAGGED.tobytes()}
    if kind == "jpeg":
        options["comment"] = "SN-0042"
    drawn((300, 200)).save(path, kind, **options)
    assert b"SN-0042" in path.read_bytes()
    fitted = fit_picture(page_of(path), LIMITS)
    assert b"SN-0042" not in fitted.body
    assert fitted.is_unchanged is (kind in ("jpeg", "mpo", "png"))  # but for its metadata
    if kind in ("jpeg", "png"):
        with Image.open(path) as stored:
            assert decoded(fitted.body).tobytes() == stored.tobytes()


@pytest.mark.parametrize("mode", ["RGBA", "LA", "P", "I;16"])
def test_transparent_and_deep_pictures_are_sent_as_they_are_read(
    mode: str, tmp_path: Path, page_of: PageOf
) -> None:
    path = tmp_path / "page.png"
    picture = Image.new("RGBA", (300, 200), (0, 0, 0, 0))
    picture.paste((40, 40, 40, 255), (50, 50, 100, 100))
    if mode == "I;16":
        picture = Image.new("I;16", (300, 200), 65535)
        picture.paste(10_000, (50, 50, 100, 100))
    elif mode == "P":
        picture = picture.quantize(4)
    else:
        picture = picture.convert(mode)
    picture.save(path)
    sent = decoded(fit_picture(page_of(path), LIMITS).body)
    assert sent.mode in ("L", "RGB")
    assert not sent.has_transparency_data
    assert sent.convert("L").getpixel((0, 0)) > 250
    assert sent.convert("L").getpixel((75, 75)) < 60
