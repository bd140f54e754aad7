"""Pictures of less common formats in a PDF: embedded as stored if possible, and always upright."""

import io
import itertools
import os

import pikepdf
import pypdfium2
import pytest
from PIL import Image, ImageChops, ImageCms, ImageStat

import odd_pictures
from penstock.errors import PictureChanged
from penstock.images import find_pages, open_upright
from penstock.model import Page, Recognition, RecognizedPage
from penstock.render import pdf_saving, scan_image


def written(pages, write):
    data = write(RecognizedPage(page, Recognition()) for page in pages)
    with pikepdf.open(io.BytesIO(data)) as pdf:
        image = pdf.pages[0].Resources.XObject.Im
        return data, str(image.Filter), image.read_raw_bytes()


def shown(data):
    with pypdfium2.PdfDocument(data) as document:
        page = document[0]
        return page.render(scale=300 / max(page.get_size())).to_pil().convert("RGB")


def difference(first, second):
    return max(ImageStat.Stat(ImageChops.difference(first, second.convert("RGB").resize(first.size))).mean)


@pytest.mark.parametrize("orientation", [1, 3, 5, 6, 8])
@pytest.mark.parametrize("kind", ["heic", "avif"])
def test_a_photo_of_a_phone_becomes_a_jpeg_without_visible_loss(tmp_path, write, kind, orientation):
    stored, exif = odd_pictures.stored_turned(orientation)
    path = tmp_path / f"a.{kind}"
    if kind == "heic":
        odd_pictures.save_heic(path, stored, exif)
    else:
        stored.save(path, exif=exif, quality=90)
    (page,) = find_pages(path, "a")

    data, filters, _ = written([page], write)

    assert filters == "/DCTDecode"
    assert odd_pictures.is_marked(shown(data))
    assert difference(shown(data), open_upright(page)) < 4


@pytest.mark.parametrize("behind", ["a second picture", "a short film"])
def test_only_the_first_picture_of_a_jpeg_is_embedded(tmp_path, drawing, write, behind):
    path = tmp_path / "a.jpg"
    alone = io.BytesIO()
    drawing.save(alone, "JPEG", quality=95, progressive=True)
    if behind == "a short film":
        path.write_bytes(alone.getvalue() + b"\0\0\0\x18ftypmp42" + bytes(100_000))
    else:
        drawing.save(path, "MPO", quality=95, save_all=True, append_images=[drawing.rotate(180)])
    (page,) = find_pages(path, "a")

    data, filters, raw = written([page], write)

    assert filters == "/DCTDecode"
    assert path.read_bytes().startswith(raw)
    assert raw.endswith(b"\xff\xd9")
    assert len(raw) < path.stat().st_size * 0.8
    assert difference(shown(data), drawing) < 6
    if behind == "a short film":
        assert raw == alone.getvalue()


def test_a_truncated_first_picture_is_not_embedded(tmp_path, drawing):
    from penstock.render.jpeg import find_jpeg

    buffer = io.BytesIO()
    drawing.save(buffer, "JPEG", quality=95)
    whole = buffer.getvalue()
    assert find_jpeg(io.BytesIO(whole + b"\0" * 9)).parts == ((0, len(whole)),)
    assert find_jpeg(io.BytesIO(whole[: len(whole) // 2] + whole + b"\0")) is None
    assert find_jpeg(io.BytesIO(whole[: len(whole) // 2])) is None


def with_profile(content: bytes, profile: bytes) -> bytes:
    """Return a JPEG 2000 file with a colour profile, as scanners write it, instead of an enumerated space."""
    color = content.index(b"colr")
    header = content.index(b"jp2h")
    old = int.from_bytes(content[color - 4 : color], "big")
    box = (11 + len(profile)).to_bytes(4, "big") + b"colr\x02\0\0" + profile
    grown = int.from_bytes(content[header - 4 : header], "big") + len(box) - old
    return (
        content[: header - 4]
        + grown.to_bytes(4, "big")
        + content[header : color - 4]
        + box
        + content[color - 4 + old :]
    )


@pytest.mark.parametrize("ending", ["jp2", "jpf", "jpx"])
def test_jpeg_2000_with_a_colour_profile_keeps_its_bytes(tmp_path, drawing, write, ending):
    path = tmp_path / f"a.{ending}"
    drawing.save(path, "JPEG2000")
    profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    path.write_bytes(with_profile(path.read_bytes(), profile))
    (page,) = find_pages(path, "a")

    data, filters, raw = written([page], write)

    assert (filters, raw) == ("/JPXDecode", path.read_bytes())
    assert difference(shown(data), drawing) < 4


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("old-jpeg.tif", odd_pictures.old_jpeg_tiff(odd_pictures.marked())),
        ("deep.png", odd_pictures.deep_png(odd_pictures.marked())),
    ],
)
def test_rare_formats_are_shown_correctly(tmp_path, write, name, content):
    (tmp_path / name).write_bytes(content)
    (page,) = find_pages(tmp_path / name, name)

    data, _, _ = written([page], write)

    assert odd_pictures.is_marked(shown(data))


@pytest.mark.parametrize("mode", ["LAB", "CMYK", "RGBA", "big", "codestream", "animated"])
def test_formats_that_a_pdf_cannot_hold_are_shown_correctly(tmp_path, write, mode):
    picture, path = odd_pictures.marked(), tmp_path / "a.tif"
    if mode == "codestream":
        path = tmp_path / "a.j2k"
        picture.save(path, "JPEG2000", no_jp2=True)
    elif mode == "animated":
        path = tmp_path / "a.png"
        picture.save(path, save_all=True, append_images=[Image.new("RGB", picture.size, "green")])
    elif mode == "big":
        picture.save(path, big_tiff=True, compression="jpeg")
    else:
        (odd_pictures.in_lab(picture) if mode == "LAB" else picture.convert(mode)).save(path)
    (page,) = find_pages(path, "a")

    data, _, _ = written([page], write)

    assert odd_pictures.is_marked(shown(data))


def test_a_picture_that_changes_while_it_is_copied_is_refused(tmp_path, drawing, write, monkeypatch):
    path = tmp_path / "a.jpg"
    drawing.save(path)
    (page,) = find_pages(path, "a.jpg")
    embedded = scan_image._embedded

    def changing(page: Page, *rest):
        result = embedded(page, *rest)
        path.write_bytes(path.read_bytes() + b"\0")
        return result

    monkeypatch.setattr(scan_image, "_embedded", changing)
    with pytest.raises(PictureChanged, match=r"a\.jpg: the file has changed"):
        write([RecognizedPage(page, Recognition())])


def test_pages_of_a_long_tiff_are_written_one_by_one(tmp_path, write):
    path = tmp_path / "a.tif"
    path.write_bytes(odd_pictures.long_tiff(odd_pictures.marked(), 30))

    data = write(RecognizedPage(page, Recognition()) for page in itertools.islice(find_pages(path, "a"), 30))

    with pikepdf.open(io.BytesIO(data)) as pdf:
        assert len(pdf.pages) == 30


def test_a_pdf_that_changes_while_it_is_saved_is_refused(tmp_path, write, monkeypatch):
    path = tmp_path / "a.pdf"
    odd_pictures.marked().save(path)
    (page,) = find_pages(path, "a.pdf")
    save = pdf_saving.save

    def changing(*arguments, **options):
        result = save(*arguments, **options)
        os.utime(path, ns=(1, 1))
        return result

    monkeypatch.setattr(pdf_saving, "save", changing)
    with pytest.raises(PictureChanged, match=r"a\.pdf: the file has changed"):
        write([RecognizedPage(page, Recognition())])
