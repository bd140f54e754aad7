"""Colour profiles of pictures, kept in a PDF where colours would look duller or brighter without them."""

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
from penstock.render.stored_image import RGB

SEEN = 8
"""Of 255: what colours differ by, at most, that a profile may be left out."""
MOST_BYTES = 1 << 22
"""Of a profile: a scanner's with its tables has a tenth."""
PROFILE_TAG = 0x8773
_HEADER = 128
_KINDS = (b"scnr", b"mntr", b"prtr", b"spac")
_NEWEST = 4
"""What a PDF may carry (ISO 32000-1, 8.6.5.5): classes and major version of profiles (ICC.1, 7.2)."""


class ColourProfiles:
    """The colour spaces that a document's pictures share: a profile is written once.

    Pictures in sRGB, or near it, need none: it is what those without a profile are shown in.
    """

    def __init__(self, writer: PdfWriter) -> None:
        self._writer = writer
        self._spaces: dict[bytes, bytes] = {}

    def space_for(self, page: Page, plain: bytes) -> bytes:
        """The colour space in which a page's pixels are right.

        Parameters
        ----------
        plain
            The one that they have without a profile. Of gray and of print's colours it stays.
        """
        profile = embedded_profile(page) if RGB in plain else b""
        if not profile:
            return plain
        digest = hashlib.blake2b(profile, digest_size=16).digest()
        if digest not in self._spaces:
            self._spaces[digest] = self._written(profile) if changes_colours(profile) else RGB
        return plain.replace(RGB, self._spaces[digest])

    def _written(self, profile: bytes) -> bytes:
        return b"[/ICCBased %d 0 R]" % self._writer.add_stream(b"/N 3", profile)


def embedded_profile(page: Page) -> bytes:
    """The profile in a page's file; empty if there is none, or nobody can read it."""
    try:
        with opened(page.picture.path, page.origin) as image:
            profile = image.info.get("icc_profile")
            if isinstance(image, TiffImageFile):
                image.seek(page.picture.page_index)
                # What is known of the first frame still stands in the info of the others.
                profile = image.tag_v2.get(PROFILE_TAG)
    except (PictureError, *ERRORS):
        return b""
    return profile if isinstance(profile, bytes) and len(profile) <= MOST_BYTES else b""


def changes_colours(profile: bytes) -> bool:
    """Whether RGB is seen otherwise by a profile than as sRGB; not by one that a PDF may not carry."""
    from PIL import ImageCms

    kind, space = profile[12:16], profile[16:20]
    if len(profile) < _HEADER or profile[8] > _NEWEST or kind not in _KINDS or space != b"RGB ":
        return False
    levels = range(0, 256, 51)
    given = Image.frombytes("RGB", (6, 36), bytes(itertools.chain(*itertools.product(levels, repeat=3))))
    try:
        read = ImageCms.ImageCmsProfile(io.BytesIO(profile))
        seen = ImageCms.profileToProfile(given, read, ImageCms.createProfile("sRGB"))
    except (ImageCms.PyCMSError, OSError):
        return False
    return seen is not None and max(ImageChops.difference(given, seen).tobytes()) > SEEN
