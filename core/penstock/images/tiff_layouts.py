"""Which layouts of pixels in a TIFF are decoded rightly.

Pillow decodes some layouts wrongly and without an error, for example planes apart with 16 bits. The tests
compare every layout that is accepted here with a second decoder.
"""

from __future__ import annotations

from penstock.images.tiff_directories import Tags

STARTS = (b"II*\0", b"MM\0*", b"II+\0", b"MM\0+")
"""First bytes of TIFF and BigTIFF files, little and big endian."""

_WIDTH, _HEIGHT, _STRIPS, _TILES = 256, 257, 273, 324
SUBFILE = 254
NOT_A_PAGE = 0b101
"""Bits of NewSubfileType: a thumbnail or a transparency mask of another frame (TIFF 6.0, section 8)."""
_REDUCED = 1
"""Its bit that marks a preview of another picture."""
_BITS, _COMPRESSION, _PHOTOMETRIC, _FILL_ORDER, _SAMPLES, _PLANES = 258, 259, 262, 266, 277, 284
_SUB_DIRECTORIES, _INKS, _EXTRA, _FORMAT, _SUBSAMPLING = 330, 332, 338, 339, 530
_DNG_VERSION = 50706

_RAW, _JPEG, _OLD_JPEG = 1, 7, 6
_FAX = (2, 3, 4)
_COMPRESSIONS = frozenset({_RAW, *_FAX, 5, _OLD_JPEG, _JPEG, 8, 32773, 32946, 34925, 50000})
"""Those that every build of Pillow has: CCITT, LZW, JPEG, Deflate, PackBits, LZMA and Zstandard."""
_NAMES = {
    **dict.fromkeys((33003, 33004, 33005, 34712), "JPEG 2000"),
    **dict.fromkeys((34676, 34677), "SGI LogLuv"),
    **dict.fromkeys((50002, 52546), "JPEG XL"),
    22610: "JPEG XR",
    32766: "NeXT",
    32809: "ThunderScan",
    34661: "JBIG",
    34887: "LERC",
    34892: "JPEG",
    34933: "PNG",
    34934: "JPEG XR",
    50001: "WebP",
}

_WHITE_IS_ZERO, _PALETTE, _CMYK, _YCBCR = 0, 3, 5, 6
_COLOURS = {4: "a mask", 9: "ICC Lab", 10: "ITU Lab", 32803: "raw pixels of a camera", 32844: "LogL"}
_COLOURS |= {32845: "LogLuv", 34892: "raw pixels of a camera", 51177: "depth"}
_UNSIGNED, _SIGNED, _FLOAT = 1, 2, 3
_APART = _REVERSED = 2
"""Values of PlanarConfiguration and of FillOrder."""
_PREMULTIPLIED = 1
"""The kind of an alpha channel that the colours are multiplied by (TIFF 6.0, section 18)."""


def unread_layout(tags: Tags, order: str) -> str | None:
    """Return what is not read of a frame with these tags; None if Pillow decodes it rightly or refuses it.

    Parameters
    ----------
    order
        The file's byte order, "little" or "big".
    """
    first = {tag: value[0] for tag, value in tags.items() if value}
    if _DNG_VERSION in first or (first.get(SUBFILE, 0) & _REDUCED and _SUB_DIRECTORIES in first):
        return "raw photo of a camera"
    compression, colours = first.get(_COMPRESSION, _RAW), first.get(_PHOTOMETRIC, _WHITE_IS_ZERO)
    if compression not in _COMPRESSIONS:
        return f"TIFF with {_NAMES.get(compression, f'compression {compression}')} in it"
    if compression == _OLD_JPEG:
        return None
    if colours in _COLOURS or (colours == _CMYK and first.get(_INKS, 1) != 1):
        return f"TIFF with {_COLOURS.get(colours, 'other inks than CMYK')}"
    if colours == _YCBCR and compression == _RAW and tags.get(_SUBSAMPLING, (2, 2)) != (1, 1):
        return "TIFF with subsampled YCbCr"
    samples, bits, kind = first.get(_SAMPLES, 1), first.get(_BITS, 1), first.get(_FORMAT, _UNSIGNED)
    if kind == _SIGNED and bits == 8:
        return "TIFF with signed numbers of 8 bits"
    if kind in (_SIGNED, _FLOAT) and order == "big" and compression != _RAW:
        return "TIFF with compressed signed or floating point numbers, big-endian"
    if first.get(_FILL_ORDER) == _REVERSED and compression == _RAW and (bits > 4 or colours == _PALETTE):
        return "TIFF with reversed bits"
    if first.get(_PLANES) == _APART and not _may_be_apart(samples, bits, compression, tags):
        return f"TIFF with planes of {bits} bits stored apart"
    return None


def _may_be_apart(samples: int, bits: int, compression: int, tags: Tags) -> bool:
    """Return whether planes that are stored apart are decoded rightly."""
    extra = tags.get(_EXTRA, ())
    if samples == 1:
        return compression != _RAW
    if samples == 2 and any(extra):
        return False
    return compression != _RAW or (bits == 8 and _PREMULTIPLIED not in extra)


def shown_layout(tags: Tags) -> str | None:
    """Return the kind of a frame that Pillow refuses; None if the frame lacks its size or its pixels."""
    if not all(tags.get(tag) for tag in (_WIDTH, _HEIGHT)) or not (tags.get(_STRIPS) or tags.get(_TILES)):
        return None
    bits = "/".join(map(str, sorted(set(tags.get(_BITS, (1,))))))
    return f"TIFF with {(tags.get(_SAMPLES) or (1,))[0]} channels of {bits} bits"
