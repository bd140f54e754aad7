"""Every layout of a TIFF is opened as a second decoder opens it, or refused as of a kind that is not read."""

from __future__ import annotations

import itertools
import struct
import warnings
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import tifffile
from PIL import Image

import odd_pictures
from penstock.errors import PictureError
from penstock.images import find_pages, open_upright

HEIGHT, WIDTH = 24, 40
UNREAD = "is of a kind that is not read"
NUMBERS = ["bool", "u1", "i1", "u2", "i2", "u4", "i4", "f2", "f4", "f8"]
COMPRESSIONS = [None, "lzw", "adobe_deflate", "packbits"]
MORE_COMPRESSIONS = ["deflate", "zstd", "lzma", "jpeg", "jpeg2000", "webp", "jpegxl", "lerc", "png", "jpegxr"]
Pixels = np.ndarray[Any, Any]


@dataclass(frozen=True)
class Colours:
    """A photometric interpretation, its channels, and the kind of the last one if it is an extra one."""

    name: str
    channels: int
    extra: int | None = None


UNKNOWN, PREMULTIPLIED, STRAIGHT = 0, 1, 2
COLOURS = [
    Colours("minisblack", 1),
    Colours("miniswhite", 1),
    Colours("palette", 1),
    Colours("minisblack", 2, UNKNOWN),
    Colours("minisblack", 2, STRAIGHT),
    Colours("minisblack", 2, PREMULTIPLIED),
    Colours("rgb", 3),
    Colours("rgb", 4, UNKNOWN),
    Colours("rgb", 4, STRAIGHT),
    Colours("rgb", 4, PREMULTIPLIED),
    Colours("separated", 4),
    Colours("separated", 5, UNKNOWN),
]
MUST_BE_READ = {
    *(("bool", name, 1, None) for name in ("minisblack", "miniswhite")),
    *(("u1", colours.name, colours.channels, colours.extra) for colours in COLOURS),
    *(("u2", *rest) for rest in (("minisblack", 1, None), ("rgb", 3, None), ("rgb", 4, 2))),
    *((kind, "minisblack", 1, None) for kind in ("i2", "u4", "i4", "f4")),
}


def drawn(numbers: str, colours: Colours) -> Pixels:
    """Return gradients over the whole range of the numbers. Premultiplied colours are below their alpha."""
    y, x = np.mgrid[0:HEIGHT, 0:WIDTH]
    ramps = [x / (WIDTH - 1), y / (HEIGHT - 1), ((x + y) % WIDTH) / (WIDTH - 1)]
    shares = np.stack([ramps[band % 3] for band in range(colours.channels)], -1)
    if colours.extra == PREMULTIPLIED:
        shares[..., :-1] *= shares[..., -1:]
    kind = np.dtype(numbers)
    if kind.kind == "b":
        return shares > 0.5
    if kind.kind == "f":
        return shares.astype(kind)
    info = np.iinfo(kind)
    low, high = float(info.min), float(info.max)
    return (low + shares * (high - low)).clip(low, high * (1 - 1e-7)).astype(kind)


def shown(pixels: Pixels, colours: Colours) -> Pixels:
    """Return the RGB, 0 to 255, that a viewer displays on white paper."""
    kind = pixels.dtype
    low, high = (0, 1) if kind.kind in "bf" else (np.iinfo(kind).min, np.iinfo(kind).max)
    shares = (pixels.astype(float) - low) / (float(high) - low)
    if colours.name == "miniswhite":
        shares = 1 - shares
    if colours.name == "separated":
        return 255 * (1 - shares[..., :3]) * (1 - shares[..., 3:4])
    bands = 3 if colours.name == "rgb" else 1
    rgb = np.repeat(shares[..., :bands], 3 // bands, -1)
    alpha = shares[..., -1:]
    if colours.extra == PREMULTIPLIED:
        rgb = rgb + 1 - alpha
    elif colours.extra == STRAIGHT:
        rgb = rgb * alpha + 1 - alpha
    return 255 * rgb


def opened(path: Path) -> Pixels:
    (page,) = find_pages(path, "a.tif")
    picture = open_upright(page).convert("RGB")
    assert picture.size == (page.width, page.height)
    return np.asarray(picture).astype(float)


def is_opened_as(path: Path, expected: Pixels) -> bool:
    """Whether a picture is opened as expected; False if it is refused as of a kind that is not read."""
    try:
        found = opened(path)
    except PictureError as error:
        if UNREAD not in str(error) or "save it as" not in str(error.hint):
            raise
        return False
    assert found.shape == expected.shape
    assert np.abs(found - expected).mean() < 4
    return True


def written(path: Path, numbers: str, colours: Colours, options: dict[str, Any]) -> Pixels | None:
    """Write a TIFF and return its pixels as tifffile reads them; None if tifffile cannot write it."""
    pixels = drawn(numbers, colours)
    apart = options.get("planarconfig") == "separate"
    if colours.channels == 1:
        pixels = pixels[..., 0]
    elif apart:
        pixels = np.moveaxis(pixels, -1, 0).copy()
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            tifffile.imwrite(path, pixels, photometric=colours.name, metadata=None, **options)
            with tifffile.TiffFile(path) as file:
                read = file.pages[0].asarray()
    except Exception:
        return None
    return np.moveaxis(read, 0, -1) if apart and colours.channels > 1 else read.reshape(HEIGHT, WIDTH, -1)


def layouts(numbers: str, colours: Colours) -> list[dict[str, Any]]:
    """Return options of tifffile: each compression with a share of the other ones, taken in turn."""
    planes = ["contig", "separate"] if colours.channels > 1 else [None]
    predictors = {"lzw": [None, 2, 3], "adobe_deflate": [None, 2, 3]}
    turns = itertools.cycle([("<", False), (">", True), ("<", True), (">", False), (">", True)])
    found = []
    compressions = COMPRESSIONS + (MORE_COMPRESSIONS if numbers in ("u1", "u2") else [])
    for compression, plane in itertools.product(compressions, planes):
        for predictor in predictors.get(compression or "", [None]):
            order, tiled = next(turns)
            options: dict[str, Any] = {"compression": compression, "byteorder": order, "predictor": predictor}
            options |= {"tile": (16, 32)} if tiled else {"rowsperstrip": 10}
            options |= {"planarconfig": plane} if plane else {}
            options |= {"extrasamples": [colours.extra]} if colours.extra is not None else {}
            if colours.name == "palette":
                levels = np.linspace(0, 65535, 256 if numbers == "u1" else 65536).astype("u2")
                options["colormap"] = np.stack([levels] * 3)
            found.append(options)
    return found


@pytest.mark.parametrize("numbers", NUMBERS)
def test_pixels_are_those_of_a_second_decoder_or_refused(tmp_path, numbers):
    path, kinds = tmp_path / "a.tif", COLOURS
    if numbers not in ("u1", "u2"):
        kinds = [colours for colours in COLOURS if colours.name != "palette"]
    for colours in kinds:
        read = 0
        for options in layouts(numbers, colours):
            pixels = written(path, numbers, colours, options)
            if pixels is not None:
                read += is_opened_as(path, shown(pixels, colours))
        is_needed = (numbers, colours.name, colours.channels, colours.extra) in MUST_BE_READ
        assert read >= (2 if is_needed else 0), colours


def packed(levels: Pixels, bits: int) -> bytes:
    """Pack numbers of 1, 2, 4, 8 or 12 bits, highest bit first, each row to whole bytes."""
    places = (levels[..., None] >> np.arange(bits - 1, -1, -1)) & 1
    return np.packbits(places.reshape(len(levels), -1).astype(np.uint8), axis=1).tobytes()


@pytest.mark.parametrize("planes", [1, 2])
@pytest.mark.parametrize("fill_order", [1, 2])
@pytest.mark.parametrize("photometric", [0, 1, 3])
@pytest.mark.parametrize("bits", [1, 2, 4, 6, 8, 12])
def test_numbers_of_few_bits_are_read_in_every_order_of_bits(tmp_path, bits, photometric, fill_order, planes):
    top = (1 << bits) - 1
    levels = np.linspace(0, top, HEIGHT * WIDTH).round().astype(int).reshape(HEIGHT, WIDTH)
    data = packed(levels, bits)
    if fill_order == 2:
        data = bytes(int(f"{byte:08b}"[::-1], 2) for byte in data)
    tags = {256: ("H", [WIDTH]), 257: ("H", [HEIGHT]), 258: ("H", [bits]), 259: ("H", [1])}
    tags |= {262: ("H", [photometric]), 266: ("H", [fill_order]), 277: ("H", [1]), 278: ("H", [HEIGHT])}
    tags |= {279: ("I", [len(data)]), 284: ("H", [planes])}
    if photometric == 3:
        colours = np.linspace(0, 65535, top + 1).astype(int)
        tags[320] = ("H", [*colours, *colours, *colours])
    (tmp_path / "a.tif").write_bytes(odd_pictures.tiff(tags, data))
    gray = 255 * levels / top
    expected = np.repeat((255 - gray if photometric == 0 else gray)[..., None], 3, -1)
    if not is_opened_as(tmp_path / "a.tif", expected):
        assert (bits, planes, fill_order) not in {
            (1, 1, 1),
            (4, 1, 1),
            (8, 1, 1),
            (1, 1, 2),
        } or photometric == 3


@pytest.mark.parametrize("levels", ["unit", "bytes", "deep", "negative", "with gaps", "constant"])
@pytest.mark.parametrize("numbers", ["f4", "i4", "i2", "u2"])
def test_gray_is_scaled_by_what_is_in_it(tmp_path, numbers, levels):
    ramp = np.tile(np.linspace(0, 1, WIDTH), (HEIGHT, 1))
    ranges = {"unit": (0, 1), "bytes": (0, 255), "deep": (0, 20_000), "negative": (-3000, 9000)}
    low, high = ranges.get(levels, (0, 1))
    if numbers == "u2" and low < 0:
        low = 0
    values = (low + ramp * (high - low)).round(0 if numbers[0] != "f" else 9).astype(numbers)
    if levels == "with gaps" and numbers == "f4":
        values[:, 5], values[:, 6], values[:, 7] = np.nan, np.inf, -np.inf
    if levels == "constant":
        values[:] = 1
    tifffile.imwrite(tmp_path / "a.tif", values, photometric="minisblack", metadata=None)
    gray = opened(tmp_path / "a.tif")[..., 0]
    if levels == "constant":
        assert gray.min() == gray.max() == 255
        return
    assert gray[:, 0].max() < 5
    assert gray[:, -1].min() > (250 if levels != "deep" else 75)
    if levels == "with gaps" and numbers == "f4":
        assert list(gray[0, 5:8]) == [255, 255, 0]


def test_a_colour_map_of_8_bits_is_not_black(tmp_path):
    colours = [*range(256)]
    levels = np.tile(np.arange(256, dtype=np.uint8), (4, 1))
    tags = {256: ("H", [256]), 257: ("H", [4]), 258: ("H", [8]), 259: ("H", [1]), 262: ("H", [3])}
    tags |= {277: ("H", [1]), 278: ("H", [4]), 279: ("I", [levels.size]), 320: ("H", colours * 3)}
    (tmp_path / "a.tif").write_bytes(odd_pictures.tiff(tags, levels.tobytes()))
    assert (opened(tmp_path / "a.tif")[..., 1] == levels).all()


@pytest.mark.parametrize(
    ("tags", "what"),
    [
        ({262: ("H", [32803])}, "raw pixels of a camera"),
        ({50706: ("I", [1])}, "raw photo"),
        ({254: ("I", [1]), 330: ("I", [8])}, "raw photo"),
        ({262: ("H", [9]), 277: ("H", [3]), 258: ("H", [8, 8, 8])}, "ICC Lab"),
        ({262: ("H", [5]), 277: ("H", [4]), 258: ("H", [8] * 4), 332: ("H", [2])}, "other inks"),
        ({262: ("H", [6]), 277: ("H", [3]), 258: ("H", [8] * 3)}, "subsampled YCbCr"),
        ({259: ("H", [34661])}, "JBIG"),
        ({259: ("H", [34712])}, "JPEG 2000"),
        ({259: ("H", [12345])}, "compression 12345"),
        ({277: ("H", [3]), 258: ("H", [5, 6, 5]), 262: ("H", [2])}, "3 channels of 5/6 bits"),
    ],
)
def test_the_error_says_what_is_not_read(tmp_path, capfd, tags, what):
    data = bytes(HEIGHT * WIDTH * 4)
    plain = {256: ("H", [WIDTH]), 257: ("H", [HEIGHT]), 258: ("H", [8]), 259: ("H", [1]), 262: ("H", [1])}
    plain |= {277: ("H", [1]), 278: ("H", [HEIGHT]), 279: ("I", [len(data)])}
    (tmp_path / "a.tif").write_bytes(odd_pictures.tiff(plain | tags, data))
    with pytest.raises(PictureError, match=UNREAD) as error:
        opened(tmp_path / "a.tif")
    assert what in str(error.value)
    assert capfd.readouterr().err == ""


def test_lines_of_libtiff_are_not_printed(tmp_path, capfd):
    Image.effect_noise((200, 200), 90).save(tmp_path / "a.tif", compression="tiff_lzw")
    content = bytearray((tmp_path / "a.tif").read_bytes())
    content[1000:3000] = b"\xff" * 2000
    (tmp_path / "a.tif").write_bytes(content)
    with pytest.raises(PictureError, match="damaged or cut off"):
        opened(tmp_path / "a.tif")
    assert capfd.readouterr().err == ""


def test_a_frame_that_is_not_read_does_not_lose_the_others(tmp_path):
    with tifffile.TiffWriter(tmp_path / "a.tif") as writer:
        for compression in (None, "webp", None):
            writer.write(np.full((24, 40, 3), 200, "u1"), photometric="rgb", compression=compression)
    from penstock.images import look_into

    first, second, third = look_into(tmp_path / "a.tif", "a.tif")
    assert (first.origin, third.origin) == ("a.tif, page 1", "a.tif, page 3")
    assert open_upright(third).getpixel((0, 0)) == (200, 200, 200)
    assert (second.what, UNREAD in second.why) == ("a.tif, page 2", True)


def test_a_frame_of_16_bits_and_planes_apart_is_refused_on_a_later_page(tmp_path):
    pixels = np.zeros((3, 24, 40), "u2")
    with tifffile.TiffWriter(tmp_path / "a.tif") as writer:
        writer.write(np.zeros((24, 40), "u1"), photometric="minisblack")
        writer.write(pixels, photometric="rgb", planarconfig="separate")
    pages = find_pages(tmp_path / "a.tif", "a.tif")
    next(pages)
    with pytest.raises(PictureError, match=UNREAD):
        next(pages)


def test_big_endian_bigtiff_layouts_are_checked_too(tmp_path):
    pixels = np.zeros((3, 24, 40), "u2")
    tifffile.imwrite(
        tmp_path / "a.tif", pixels, photometric="rgb", planarconfig="separate", byteorder=">", bigtiff=True
    )
    assert struct.unpack(">H", (tmp_path / "a.tif").read_bytes()[2:4]) == (43,)
    with pytest.raises(PictureError, match="planes of 16 bits stored apart"):
        opened(tmp_path / "a.tif")
