"""Convert pixels of every kind to gray or RGB with 8 bits per channel."""

from __future__ import annotations

from PIL import Image
from PIL.TiffImagePlugin import TiffImageFile

LIGHT = 192
"""Mean gray level, of 255, above which a drawing on a transparent ground would not be seen on white."""
TWELVE_BITS = 4095
"""Highest level of scanners and cameras that store 10 or 12 bits in 16."""
PHOTOMETRIC_TAG = 0x0106
WHITE_IS_ZERO = 0
RGB_PROFILE = b"RGB "
"""Data colour space in an ICC profile's header (ICC.1, 7.2.6)."""


def flattened(image: Image.Image) -> Image.Image:
    """Return the picture in mode "L" or "RGB", 8 bits per channel, without transparency.

    Transparent parts become white, or black if the drawing is light and would not be seen on white. An RGB
    colour profile is kept with RGB pixels. Others are dropped: Pillow would write a CMYK profile into a PNG
    of the converted pixels.
    """
    flat = _flat(image)
    profile = image.info.get("icc_profile") or b""
    if flat.mode != "RGB" or profile[16:20] != RGB_PROFILE:
        flat.info.pop("icc_profile", None)
    return flat


def _flat(image: Image.Image) -> Image.Image:
    if image.mode.startswith("I") or image.mode == "F":
        return _eight_bits(image)
    if image.has_transparency_data:
        return _on_contrasting_ground(image.convert("RGBA"))
    if image.mode in ("1", "L"):
        return image.convert("L")
    return image if image.mode == "RGB" else image.convert("RGB")


def _eight_bits(image: Image.Image) -> Image.Image:
    """Return gray of more than 8 bits, scaled by the range of its type, or by its darkest and lightest."""
    low, high = (float(value) for value in image.convert("F").getextrema())  # type: ignore[arg-type]
    if image.mode.startswith("I;16"):
        low, high = 0.0, 65535.0 if high > TWELVE_BITS else float(TWELVE_BITS)
        if _is_inverted(image):
            low, high = high, low
    elif low >= 0 and high <= 255:
        low, high = 0.0, 255.0
    scale = 255 / (high - low) if high != low else 0.0
    return image.convert("F").point(lambda value: value * scale - low * scale).convert("L")


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
