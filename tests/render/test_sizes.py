"""A PDF is hardly larger than its pictures, and holds the same pixels, where a PDF can hold their coding."""

import io

import numpy as np
import pikepdf
import pypdfium2
import pytest
import tifffile
from PIL import Image

from penstock.images import find_pages, open_upright
from penstock.model import Recognition, RecognizedPage
from penstock.render.jpeg_strips import joined_strips

RNG = np.random.default_rng(1)
SHAPE = (330, 250, 3)
PAPER = (235 + RNG.normal(0, 8, SHAPE)).clip(0, 255).astype("u1")
PAPER[40:48, 30:200] = 40
FRAME = 4_000
"""Bytes of a PDF without its picture."""


def written(path, write):
    pages = list(find_pages(path, "a"))
    data = write(RecognizedPage(page, Recognition()) for page in pages)
    with pikepdf.open(io.BytesIO(data)) as pdf:
        return data, str(pdf.pages[0].Resources.XObject.Im.Filter)


def held(data):
    """Return the pixels of the first page's picture, decoded by PDFium."""
    with pypdfium2.PdfDocument(data) as document:
        (image, *_) = document[0].get_objects(filter=[pypdfium2.raw.FPDF_PAGEOBJ_IMAGE])
        return np.asarray(image.get_bitmap().to_pil().convert("RGB")).astype(int)


def paper(kind):
    return PAPER[..., 0].copy() if kind == "minisblack" else PAPER


@pytest.mark.parametrize("rows", [8, 16, 64, 330, 400])
@pytest.mark.parametrize("kind", ["rgb", "ycbcr", "minisblack"])
@pytest.mark.parametrize("order", ["<", ">"])
def test_jpeg_strips_of_a_tiff_are_joined_without_decoding_them(tmp_path, write, kind, rows, order):
    path = tmp_path / "a.tif"
    options = {} if kind == "minisblack" else {"subsampling": (1, 1)}
    tifffile.imwrite(
        path, paper(kind), photometric=kind, compression="jpeg", compressionargs={"level": 90}, metadata=None,
        rowsperstrip=rows, byteorder=order, **options,
    )  # fmt: skip
    data, filters = written(path, write)
    assert filters == "/DCTDecode"
    assert len(data) < path.stat().st_size * 1.02 + FRAME
    (page,) = find_pages(path, "a")
    assert (held(data) == np.asarray(open_upright(page).convert("RGB"))).all()


@pytest.mark.parametrize("subsampling", [(2, 1), (2, 2)])
def test_strips_with_subsampled_colours_are_joined(tmp_path, write, subsampling):
    path = tmp_path / "a.tif"
    tifffile.imwrite(
        path, PAPER, photometric="ycbcr", compression="jpeg", subsampling=subsampling, rowsperstrip=32,
        metadata=None,
    )  # fmt: skip
    data, filters = written(path, write)
    assert filters == "/DCTDecode"
    (page,) = find_pages(path, "a")
    difference = np.abs(held(data) - np.asarray(open_upright(page)))
    # Decoders smooth the colours across what was the border of two strips.
    assert difference.mean() < 1


def test_strips_that_share_tables_are_joined(tmp_path, write):
    path = tmp_path / "a.tif"
    Image.fromarray(PAPER).save(path, compression="jpeg", quality=90, tiffinfo={278: 16})
    with tifffile.TiffFile(path) as file:
        assert file.pages[0].jpegtables
        assert len(file.pages[0].dataoffsets) > 9
    data, filters = written(path, write)
    assert filters == "/DCTDecode"
    assert len(data) < path.stat().st_size * 1.02 + FRAME


def jpeg(height, width=250, **options):
    buffer = io.BytesIO()
    Image.fromarray(PAPER[:height, :width]).save(buffer, "JPEG", **({"subsampling": 0} | options))
    return buffer.getvalue()


@pytest.mark.parametrize(
    ("strips", "fit"),
    [
        ([jpeg(16), jpeg(16), jpeg(9)], True),
        ([jpeg(16), jpeg(16), jpeg(9) + b"\0"], True),
        ([jpeg(12), jpeg(12), jpeg(17)], False),
        ([jpeg(16), jpeg(16), jpeg(16)], True),
        ([jpeg(16), jpeg(16), jpeg(24)], False),
        ([jpeg(16), jpeg(16)], False),
        ([jpeg(16), jpeg(8), jpeg(16)], False),
        ([jpeg(16), jpeg(16, quality=20), jpeg(9)], False),
        ([jpeg(16), jpeg(16, width=240), jpeg(9)], False),
        ([jpeg(16, progressive=True)] * 2 + [jpeg(9, progressive=True)], False),
        ([jpeg(16, restart_marker_blocks=2)] * 2 + [jpeg(9, restart_marker_blocks=2)], False),
        ([jpeg(16), jpeg(16)[:-9], jpeg(9)], False),
        ([jpeg(16), b"", jpeg(9)], False),
    ],
)
def test_strips_are_joined_only_if_they_fit_together(strips, fit):
    starts = np.cumsum([0, *map(len, strips)])
    spans = [(int(start), len(strip)) for start, strip in zip(starts, strips, strict=False)]
    parts = joined_strips(io.BytesIO(b"".join(strips)), b"", spans, 250, 41)
    assert (parts is not None) is fit


@pytest.mark.parametrize("mode", ["RGB", "L"])
def test_a_jpeg_2000_codestream_is_embedded(tmp_path, write, mode):
    path = tmp_path / "a.j2k"
    Image.fromarray(PAPER).convert(mode).save(path, quality_layers=[20], no_jp2=True)
    data, filters = written(path, write)
    assert filters == "/JPXDecode"
    assert path.read_bytes() in data
    assert len(data) < path.stat().st_size * 1.02 + FRAME
    (page,) = find_pages(path, "a")
    assert np.abs(held(data) - np.asarray(open_upright(page).convert("RGB"))).max() <= 1


@pytest.mark.parametrize("kind", ["webp", "webp with a profile", "avif"])
def test_a_lossy_picture_becomes_a_jpeg_of_its_quality(tmp_path, write, kind):
    path = tmp_path / f"a.{kind[:4]}"
    profile = bytes(100_000) if "profile" in kind else None
    Image.fromarray(PAPER).save(path, quality=80, icc_profile=profile)
    data, filters = written(path, write)
    assert filters == "/DCTDecode"
    assert len(data) < path.stat().st_size * 4 + FRAME
    (page,) = find_pages(path, "a")
    assert np.abs(held(data) - np.asarray(open_upright(page))).mean() < 4


def test_a_lossless_webp_is_embedded_without_loss(tmp_path, write):
    path = tmp_path / "a.webp"
    Image.fromarray(PAPER).save(path, lossless=True)
    data, filters = written(path, write)
    assert filters == "/FlateDecode"
    assert (held(data) == PAPER).all()
