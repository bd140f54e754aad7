"""A page's picture decoded: upright, whole or not at all."""

from __future__ import annotations

from PIL import Image, ImageOps

from penstock.errors import PictureChanged
from penstock.images.flattening import flattened
from penstock.images.formats import opened, readable, refuse_bombs
from penstock.model import Page, Picture
from penstock.pdf.kind import is_pdf


def open_upright(page: Page, *, longest_side: int | None = None) -> Image.Image:
    """Decode a page's picture, upright, as gray ("L") or colour ("RGB") with 8 bits.

    Transparency is laid on white, or on black where what is drawn is light.

    Parameters
    ----------
    longest_side
        If given, the picture comes back no larger than this in pixels, in its own proportions; a JPEG is
        then not even decoded in full.

    Raises
    ------
    PictureError
        The picture is gone, cut off, too large, or not the one any more that was found.
    """
    with readable(page.origin):
        check_unchanged(page.picture, page.origin)
        upright = _upright(page, longest_side)
        # Changed while it was read: half of it may be the old picture's, half the new one's.
        check_unchanged(page.picture, page.origin)
    if longest_side is not None and max(upright.size) > longest_side:
        upright = upright.resize(_fitted(upright.size, longest_side), Image.Resampling.BOX, reducing_gap=2)
    return upright


def _upright(page: Page, longest_side: int | None) -> Image.Image:
    if is_pdf(page.picture.path):
        from penstock.pdf.pages import render_page

        return render_page(page, longest_side=longest_side)
    with opened(page.picture.path, page.origin) as image:
        if image.format == "TIFF":
            image.seek(page.picture.page_index)
        refuse_bombs(*image.size, page.origin)
        if longest_side is not None and image.format in ("JPEG", "MPO"):
            image.draft(None, _fitted(image.size, longest_side))
        image.load()
        ImageOps.exif_transpose(image, in_place=True)
        return flattened(image)


def _fitted(size: tuple[int, int], longest_side: int) -> tuple[int, int]:
    scale = min(1.0, longest_side / max(size))
    return (max(1, round(size[0] * scale)), max(1, round(size[1] * scale)))


def check_unchanged(picture: Picture, origin: str) -> None:
    """Raise PictureChanged if the file is not what it was when it was found."""
    if picture.size is None:
        return
    try:
        status = picture.path.stat()
    except FileNotFoundError as error:
        raise PictureChanged(
            f"{origin}: the file is gone since it was found",
            "put it back, or run again without it; `penstock forget --document` drops what is known of it",
        ) from error
    if (status.st_size, status.st_mtime_ns) != (picture.size, picture.modified_ns):
        raise PictureChanged(
            f"{origin}: the file has changed since it was found", "run again to read it anew"
        )


__all__ = ["check_unchanged", "open_upright"]
