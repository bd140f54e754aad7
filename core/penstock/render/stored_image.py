"""What a picture's file holds that a PDF can hold as it is."""

from __future__ import annotations

from dataclasses import dataclass

GRAY, RGB, CMYK = b"/DeviceGray", b"/DeviceRGB", b"/DeviceCMYK"
COLOR_SPACES = {1: GRAY, 3: RGB, 4: CMYK}


@dataclass(frozen=True, slots=True)
class StoredImage:
    """Compressed pixels, and what a PDF's reader has to know of them (ISO 32000-1, 8.9.5).

    Parameters
    ----------
    width, height
        As stored, in pixels.
    bits
        Per component.
    color_space
        As it stands in the dictionary.
    filter
        ``/Filter`` and what belongs to it.
    spans
        Where the bytes stand in the file: offset and length of each part.
    before
        Bytes that go before them.
    """

    width: int
    height: int
    bits: int
    color_space: bytes
    filter: bytes
    spans: tuple[tuple[int, int], ...] = ()
    before: bytes = b""

    @property
    def entries(self) -> bytes:
        """Its dictionary, without the length."""
        return b"/Type/XObject/Subtype/Image/Width %d/Height %d/BitsPerComponent %d/ColorSpace%b%b" % (
            self.width,
            self.height,
            self.bits,
            self.color_space,
            self.filter,
        )
