"""Find the pages in picture files and decode them upright.

A file's format is decided by its content, never by its extension. No picture is decoded before its size in
pixels has been checked. Each format has one walker (`png_chunks`, `jpeg_segments`, `tiff_directories`,
`iso_boxes`), which `penstock.render` uses too.
"""

from __future__ import annotations

from penstock.images.flattening import flattened
from penstock.images.formats import EXTENSIONS, FORMATS, MAX_PIXELS, READABLE, starts_like_picture
from penstock.images.opening import check_unchanged, open_upright
from penstock.images.page_discovery import believable_dpi, find_pages, look_into
from penstock.images.png_chunks import is_sound_png

__all__ = [
    "EXTENSIONS",
    "FORMATS",
    "MAX_PIXELS",
    "READABLE",
    "believable_dpi",
    "check_unchanged",
    "find_pages",
    "flattened",
    "is_sound_png",
    "look_into",
    "open_upright",
    "starts_like_picture",
]
