"""Keep the colour profiles of pictures in a PDF where colours would look different without them."""

from __future__ import annotations

import hashlib
import io
import itertools

from PIL import Image, ImageChops
from PIL.TiffImagePlugin import TiffImageFile

from penstock.errors import PictureError
from penstock.images.formats import ERRORS, opened
from penstock.model import Page
from penstock.render.pdf_writer import PdfWriter
from penstock.render.pdfa_construction import Construction
from penstock.render.stored_image import RGB, write_profile

NOTICEABLE = 8
"""Levels, of 255, by which a profile must change a colour to be kept."""
MAX_PROFILE_BYTES = 1 << 22
"""Ten times the size of a scanner's profile with its tables."""
PROFILE_TAG = 0x8773
_HEADER = 128
_CLASSES = (b"scnr", b"mntr", b"prtr", b"spac")
_NEWEST = 4
"""Classes and newest major version of profiles in a PDF (ISO 32000-1, 8.6.5.5; ICC.1, 7.2)."""


class ColourProfiles:
    """Writes each colour profile of a document's pictures once.

    Pictures in sRGB, or close to it, need no profile: readers display pictures without one in sRGB.
    """

    def __init__(self, writer: PdfWriter, construction: Construction) -> None:
        self._writer = writer
        self._construction = construction
        self._spaces: dict[bytes, bytes] = {}

    def space_for(self, page: Page, plain: bytes) -> bytes:
        """Return the colour space for a page's pixels in PDF syntax.

        Parameters
        ----------
        plain
            Their colour space without a profile. Gray and CMYK are returned unchanged.
        """
        profile = embedded_profile(page) if RGB in plain else b""
        if not profile:
            return plain
        digest = hashlib.blake2b(profile, digest_size=16).digest()
        if digest not in self._spaces:
            self._spaces[digest] = self._written(profile) if changes_colours(profile) else RGB
        return plain.replace(RGB, self._spaces[digest])

    def _written(self, profile: bytes) -> bytes:
        self._construction.add_profile(profile)
        return write_profile(self._writer, profile)


def embedded_profile(page: Page) -> bytes:
    """Return the ICC profile in a page's file; empty if the file has no readable profile."""
    try:
        with opened(page.picture.path, page.origin) as image:
            profile = image.info.get("icc_profile")
            if isinstance(image, TiffImageFile):
                image.seek(page.picture.page_index)
                # After seek, Pillow's info still holds the profile of the first frame.
                profile = image.tag_v2.get(PROFILE_TAG)
    except (PictureError, *ERRORS):
        return b""
    return profile if isinstance(profile, bytes) and len(profile) <= MAX_PROFILE_BYTES else b""


def changes_colours(profile: bytes) -> bool:
    """Return whether RGB colours with a profile look different from sRGB.

    False for profiles that are not allowed in a PDF.
    """
    from PIL import ImageCms

    kind, space = profile[12:16], profile[16:20]
    if len(profile) < _HEADER or profile[8] > _NEWEST or kind not in _CLASSES or space != b"RGB ":
        return False
    levels = range(0, 256, 51)
    given = Image.frombytes("RGB", (6, 36), bytes(itertools.chain(*itertools.product(levels, repeat=3))))
    try:
        read = ImageCms.ImageCmsProfile(io.BytesIO(profile))
        seen = ImageCms.profileToProfile(given, read, ImageCms.createProfile("sRGB"))
    except (ImageCms.PyCMSError, OSError):
        return False
    return seen is not None and max(ImageChops.difference(given, seen).tobytes()) > NOTICEABLE
