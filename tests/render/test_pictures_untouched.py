"""Pictures are embedded as stored if a PDF can hold them, else without loss, and always upright."""

import io

import pikepdf
import pypdfium2
import pytest
from PIL import Image, ImageChops, ImageStat

from penstock.errors import PictureChanged, PictureError
from penstock.images import find_pages, open_upright
from penstock.model import Page, Picture, Recognition, RecognizedPage

ROWS_PER_STRIP = 278
ORIENTATION = 0x0112


def image_of(data, number=0):
    with pikepdf.open(io.BytesIO(data)) as pdf:
        image = pdf.pages[number].Resources.XObject.Im
        return str(image.Filter), image.read_raw_bytes()


def shown(data, number=0):
    with pypdfium2.PdfDocument(data) as document:
        page = document[number]
        return page.render(scale=300 / max(page.get_size())).to_pil().convert("RGB")


def difference(first, second):
    return max(ImageStat.Stat(ImageChops.difference(first, second.convert("RGB").resize(first.size))).mean)


@pytest.mark.parametrize(
    ("mode", "options"),
    [("L", {}), ("RGB", {}), ("RGB", {"progressive": True}), ("CMYK", {})],
    ids=["gray", "colour", "progressive", "cmyk"],
)
def test_a_jpeg_is_embedded_as_stored(tmp_path, drawing, recognized, write, mode, options):
    path = tmp_path / "scan.jpg"
    drawing.convert(mode).save(path, quality=95, **options)

    data = write(recognized(path, "word"))

    assert image_of(data) == ("/DCTDecode", path.read_bytes())
    assert difference(shown(data), drawing if mode != "L" else drawing.convert("L").convert("RGB")) < 20


@pytest.mark.parametrize("orientation", range(1, 9))
def test_a_turned_jpeg_is_embedded_as_stored_and_shown_upright(
    tmp_path, drawing, recognized, write, orientation
):
    path = tmp_path / "turned.jpg"
    exif = Image.Exif()
    exif[ORIENTATION] = orientation
    drawing.save(path, exif=exif, quality=95)
    page = next(find_pages(path, "turned"))

    data = write(recognized(path, "word"))

    assert image_of(data)[1] == path.read_bytes()
    assert difference(shown(data), open_upright(page)) < 4


@pytest.mark.parametrize("mode", ["1", "L", "RGB", "P", "I;16"])
def test_the_rows_of_a_png_are_embedded_as_stored(tmp_path, drawing, recognized, write, mode):
    path = tmp_path / "scan.png"
    plain = Image.new("I;16", drawing.size, 40_000) if mode == "I;16" else drawing.convert(mode)
    plain.save(path)

    data = write(recognized(path))

    filters, raw = image_of(data)
    assert filters == "/FlateDecode"
    assert raw in path.read_bytes()
    assert difference(shown(data), open_upright(next(find_pages(path, "scan")))) < 4


@pytest.mark.parametrize("mode", ["RGBA", "LA"])
def test_transparency_is_replaced_by_a_ground(tmp_path, drawing, recognized, write, mode):
    path = tmp_path / "scan.png"
    drawing.convert(mode).save(path)

    data = write(recognized(path))

    assert difference(shown(data), open_upright(next(find_pages(path, "scan")))) < 4


def test_a_group_4_tiff_of_one_strip_is_embedded_as_stored(tmp_path, drawing, recognized, write):
    path = tmp_path / "fax.tif"
    drawing.convert("1").save(path, compression="group4", tiffinfo={ROWS_PER_STRIP: drawing.height})

    data = write(recognized(path))

    filters, raw = image_of(data)
    assert filters == "/CCITTFaxDecode"
    assert raw in path.read_bytes()
    assert difference(shown(data), drawing.convert("1").convert("RGB")) < 4


@pytest.mark.parametrize("compression", ["group3", "tiff_lzw", "raw"])
def test_other_black_and_white_tiffs_become_group_4(tmp_path, drawing, recognized, write, compression):
    path = tmp_path / "fax.tif"
    drawing.convert("1").save(path, compression=compression)

    data = write(recognized(path))

    assert image_of(data)[0] == "/CCITTFaxDecode"
    assert difference(shown(data), drawing.convert("1").convert("RGB")) < 4


def test_every_frame_of_a_tiff_is_its_own_page(tmp_path, drawing, recognized, write):
    path = tmp_path / "two.tif"
    turned = drawing.rotate(180)
    drawing.save(path, compression="tiff_lzw", save_all=True, append_images=[turned])

    data = write(recognized(path, "word"))

    assert difference(shown(data, 0), drawing) < 4
    assert difference(shown(data, 1), turned) < 4


def test_a_jpeg_in_a_tiff_is_embedded_as_stored(tmp_path, drawing, recognized, write):
    path = tmp_path / "scan.tif"
    drawing.save(path, compression="jpeg", quality=95, tiffinfo={ROWS_PER_STRIP: drawing.height})

    data = write(recognized(path))

    assert image_of(data)[0] == "/DCTDecode"
    assert difference(shown(data), drawing) < 4


def test_jpeg_2000_is_embedded_as_stored(tmp_path, drawing, write):
    path = tmp_path / "scan.jp2"
    drawing.save(path)
    page = Page(1, "scan", Picture(path), *drawing.size)

    data = write([RecognizedPage(page, Recognition())])

    assert image_of(data) == ("/JPXDecode", path.read_bytes())
    assert difference(shown(data), drawing) < 4


@pytest.mark.parametrize("suffix", ["bmp", "webp", "gif"])
def test_other_formats_are_reencoded_without_loss(tmp_path, drawing, recognized, write, suffix):
    path = tmp_path / f"scan.{suffix}"
    drawing.save(path, lossless=True) if suffix == "webp" else drawing.save(path)

    data = write(recognized(path))

    with pikepdf.open(io.BytesIO(data)) as pdf:
        held = pikepdf.PdfImage(pdf.pages[0].Resources.XObject.Im).as_pil_image().convert("RGB")
    assert ImageChops.difference(held, open_upright(next(find_pages(path, "scan")))).getbbox() is None


def test_how_a_picture_is_embedded_is_logged(tmp_path, drawing, recognized, write, caplog):
    for name in ("scan.jpg", "scan.bmp"):
        drawing.save(tmp_path / name)
    with caplog.at_level("DEBUG", "penstock.render"):
        for name in ("scan.jpg", "scan.bmp"):
            write(recognized(tmp_path / name))

    assert caplog.messages == [
        "scan.jpg: picture embedded as stored",
        "scan.bmp: picture re-encoded, because a PDF cannot hold it as stored",
    ]


def test_the_error_about_a_truncated_picture_names_it(tmp_path, drawing, recognized, write):
    path = tmp_path / "cut.jpg"
    drawing.save(path, quality=95)
    pages = list(recognized(path, "word"))
    path.write_bytes(path.read_bytes()[:2000])
    cut = Page(1, "cut.jpg", Picture(path), *drawing.size)

    with pytest.raises(PictureChanged, match=r"cut\.jpg"):
        write(pages)
    with pytest.raises(PictureError, match=r"cut\.jpg: the picture is damaged or cut off"):
        write([RecognizedPage(cut, Recognition())])


def test_the_error_about_a_missing_picture_names_it(tmp_path, drawing, recognized, write):
    path = tmp_path / "gone.jpg"
    drawing.save(path)
    pages = list(recognized(path, "word"))
    path.unlink()

    with pytest.raises(PictureError, match=r"gone\.jpg"):
        write(pages)
    with pytest.raises(PictureError, match=r"gone\.jpg: there is no such file"):
        write([RecognizedPage(Page(1, "gone.jpg", Picture(path), 3, 2), Recognition())])
