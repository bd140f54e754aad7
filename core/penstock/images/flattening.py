"""Convert pixels of every kind to gray or RGB with 8 bits per channel."""

from __future__ import annotations

from typing import Any

import numpy as np
from PIL import Image
from PIL.TiffImagePlugin import TiffImageFile

LIGHT = 192
"""Mean gray level, of 255, above which a drawing on a transparent ground would not be seen on white."""
TOPS = (1, 255, 4095, 65535)
"""Levels of white that software and scanners use, also those that store 8, 10 or 12 bits in 16."""
DIM = 1 / 4
"""A picture whose lightest pixel is darker than this share of white has another range."""
PHOTOMETRIC_TAG, BITS_TAG, FORMAT_TAG, COLOUR_MAP_TAG = 0x0106, 0x0102, 0x0153, 0x0140
WHITE_IS_ZERO, UNSIGNED = 0, 1
RGB_PROFILE = b"RGB "
"""Data colour space in an ICC profile's header (ICC.1, 7.2.6)."""
UNUSED_ALPHA = frozenset({"BMP", "DIB", "TIFF"})
"""Formats whose writers often leave the alpha channel at 0, which viewers then ignore."""


def flattened(image: Image.Image) -> Image.Image:
    """Return the picture in mode "L" or "RGB", 8 bits per channel, without transparency.

    Transparent parts become white, or black if the drawing is light and would not be seen on white. An alpha
    channel that is 0 everywhere is ignored in BMP and TIFF. An RGB colour profile is kept with RGB pixels.
    Others are dropped: Pillow would write a CMYK profile into a PNG of the converted pixels. So are comments,
    which Pillow would write into a JPEG.
    """
    profile, dpi = image.info.get("icc_profile") or b"", image.info.get("dpi")
    flat = _flat(image)
    flat.info = {"dpi": dpi} if dpi else {}
    if flat.mode == "RGB" and profile[16:20] == RGB_PROFILE:
        flat.info["icc_profile"] = profile
    return flat


def _flat(image: Image.Image) -> Image.Image:
    if image.mode.startswith("I") or image.mode == "F":
        return _eight_bits(image)
    if image.mode == "P":
        _widen_colour_map(image)
    if image.has_transparency_data:
        return _opaque(image)
    if image.mode in ("1", "L"):
        return image.convert("L")
    return image if image.mode == "RGB" else image.convert("RGB")


def _opaque(image: Image.Image) -> Image.Image:
    straight = image.convert("LA") if image.mode == "La" else image
    coloured = straight.convert("RGBA")
    if image.format in UNUSED_ALPHA and coloured.getchannel("A").getextrema() == (0, 0):
        return coloured.convert("RGB")
    return _on_contrasting_ground(coloured)


def _eight_bits(image: Image.Image) -> Image.Image:
    """Return gray of more than 8 bits, scaled by the range that its pixels use."""
    levels = _levels(image)
    finite = np.isfinite(levels)
    low, high = _range(levels if finite.all() else levels[finite])
    if _is_inverted(image):
        low, high = high, low
    with np.errstate(invalid="ignore"):
        scaled = (levels - low) * (255 / (high - low)) + 0.5
    # Pixels that are not numbers hold nothing: they become paper.
    gray = np.nan_to_num(scaled, nan=255, posinf=255, neginf=0).clip(0, 255).astype(np.uint8)
    transparent = image.info.get("transparency")
    if image.format != "PNG" or not isinstance(transparent, int):
        return Image.fromarray(gray)
    alpha = np.where(levels == transparent, 0, 255).astype(np.uint8)
    return _on_contrasting_ground(Image.fromarray(np.dstack([gray, alpha]), "LA").convert("RGBA"))


def _levels(image: Image.Image) -> np.ndarray[Any, np.dtype[np.float32]]:
    stored = np.asarray(image)
    if image.mode == "I" and isinstance(image, TiffImageFile):
        tags = image.tag_v2
        if set(tags.get(BITS_TAG, ())) == {32} and tags.get(FORMAT_TAG, (UNSIGNED,))[0] == UNSIGNED:
            stored = stored.view(np.uint32)  # Pillow takes them for signed numbers.
    return stored.astype(np.float32)


def _range(levels: np.ndarray[Any, np.dtype[np.float32]]) -> tuple[float, float]:
    """Return the levels of black and of white: a common range if the levels use it, else their own."""
    if not levels.size:
        return 0.0, 1.0
    low, high = float(levels.min()), float(levels.max())
    top = next((top for top in TOPS if high <= top), None)
    if low >= 0 and top is not None and (high >= top * DIM or not high):
        return 0.0, float(top)
    return (low, high) if high > low else (low, low + 1)


def _widen_colour_map(image: Image.Image) -> None:
    """Correct a TIFF's colour map of 8 instead of 16 bits, which Pillow decodes as all black."""
    if not isinstance(image, TiffImageFile):
        return
    colours = image.tag_v2.get(COLOUR_MAP_TAG, ())
    if colours and max(colours) < 256:
        count = len(colours) // 3
        image.putpalette([colours[band * count + index] for index in range(count) for band in range(3)])


def _is_inverted(image: Image.Image) -> bool:
    """Return whether 0 means white, which Pillow heeds only in pictures of up to 8 bits."""
    return isinstance(image, TiffImageFile) and image.tag_v2.get(PHOTOMETRIC_TAG) == WHITE_IS_ZERO


def _on_contrasting_ground(image: Image.Image) -> Image.Image:
    alpha = image.getchannel("A")
    drawn = image.convert("L").histogram(mask=alpha.point(lambda value: 255 if value > 127 else 0))
    total = sum(drawn)
    mean = sum(level * count for level, count in enumerate(drawn)) / total if total else 0
    ground = Image.new("RGB", image.size, "black" if mean > LIGHT else "white")
    ground.paste(image.convert("RGB"), mask=alpha)
    return ground
