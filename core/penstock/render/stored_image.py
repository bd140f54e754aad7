"""A compressed picture in a file, described so that a PDF can hold its bytes unchanged."""

from __future__ import annotations

from dataclasses import dataclass

from penstock.render.pdf_writer import PdfWriter

GRAY, RGB, CMYK = b"/DeviceGray", b"/DeviceRGB", b"/DeviceCMYK"
Parts = tuple[tuple[int, int] | bytes, ...]
COLOR_SPACES = {1: GRAY, 3: RGB, 4: CMYK}


@dataclass(frozen=True, slots=True)
class StoredImage:
    """Where compressed pixels are in a file, and the image dictionary for them (ISO 32000-1, 8.9.5).

    Parameters
    ----------
    width, height
        In pixels, before any rotation by EXIF.
    bits
        Bits per component.
    color_space
        PDF syntax of the colour space, a name or an array.
    filter
        ``/Filter`` and the entries that belong to it.
    parts
        The data, in order: offset and length in bytes of a part of the file, or bytes of their own.
    may_have_profile
        Whether the file may hold a colour profile.
    """

    width: int
    height: int
    bits: int
    color_space: bytes
    filter: bytes
    parts: Parts = ()
    may_have_profile: bool = True

    @property
    def entries(self) -> bytes:
        """The image dictionary's entries except ``/Length``."""
        return b"/Type/XObject/Subtype/Image/Width %d/Height %d/BitsPerComponent %d/ColorSpace%b%b" % (
            self.width,
            self.height,
            self.bits,
            self.color_space,
            self.filter,
        )


def write_profile(writer: PdfWriter, profile: bytes) -> bytes:
    """Write an ICC profile of RGB colours, and return the colour space that it defines, in PDF syntax."""
    return b"[/ICCBased %d 0 R]" % writer.add_stream(b"/N 3", profile)
