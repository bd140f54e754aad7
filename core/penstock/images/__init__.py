"""Opening pictures: what a file holds, and its pixels turned upright.

Nothing here trusts a file's extension, and nothing decodes a picture before its size is known to be
bearable.
"""

from __future__ import annotations

from penstock.images.chunks import is_sound_png
from penstock.images.finding import believable_dpi, find_pages, look_into
from penstock.images.flattening import flattened
from penstock.images.formats import EXTENSIONS, FORMATS, MAX_PIXELS, READABLE
from penstock.images.jpeg_file import first_picture, is_whole_jpeg
from penstock.images.opening import check_unchanged, open_upright

__all__ = [
    "EXTENSIONS",
    "FORMATS",
    "MAX_PIXELS",
    "READABLE",
    "believable_dpi",
    "check_unchanged",
    "find_pages",
    "first_picture",
    "flattened",
    "is_sound_png",
    "is_whole_jpeg",
    "look_into",
    "open_upright",
]
