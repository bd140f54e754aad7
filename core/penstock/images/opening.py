"""Decode a page's picture upright, and check that its file has not changed."""

from __future__ import annotations

from PIL import Image, ImageOps

from penstock.errors import PictureChanged
from penstock.images.flattening import flattened
from penstock.images.formats import opened, readable, refuse_bombs
from penstock.images.unread_kinds import refuse_unread_frame
from penstock.model import Page, Picture
from penstock.pdf.kind import is_pdf


def open_upright(page: Page, *, longest_side: int | None = None) -> Image.Image:
    """Decode a page's picture upright, as gray ("L") or colour ("RGB") with 8 bits per channel.

    Transparent parts become white, or black if the drawing on them is light.

    Parameters
    ----------
    longest_side
        Scale larger pictures down so that neither side is longer, in pixels. JPEGs are then decoded at a
        reduced size, which is faster. None for the full size, ``page.width`` by ``page.height``.

    Raises
    ------
    PictureError
        The picture is missing, truncated or too large, or its file has changed since it was found.
    """
    with readable(page.origin):
        check_unchanged(page.picture, page.origin)
        upright = _upright(page, longest_side)
        # If the file changed while it was decoded, the pixels may be a mix of both pictures.
        check_unchanged(page.picture, page.origin)
    if longest_side is not None and max(upright.size) > longest_side:
        upright = upright.resize(fitted(upright.size, longest_side), Image.Resampling.BOX, reducing_gap=2)
    return upright


def _upright(page: Page, longest_side: int | None) -> Image.Image:
    if is_pdf(page.picture.path):
        from penstock.pdf.pages import render_page

        return render_page(page, longest_side=longest_side)
    with opened(page.picture.path, page.origin) as image:
        if image.format == "TIFF" and page.picture.page_index:
            refuse_unread_frame(page.picture.path, page.picture.page_index, page.origin)
            image.seek(page.picture.page_index)
        refuse_bombs(*image.size, page.origin)
        if longest_side is not None and image.format in ("JPEG", "MPO"):
            image.draft(None, fitted(image.size, longest_side))
        image.load()
        ImageOps.exif_transpose(image, in_place=True)
        return flattened(image)


def fitted(size: tuple[int, int], longest_side: int) -> tuple[int, int]:
    """Return a size whose longest side is at most as long as given, in the same proportion, in pixels."""
    scale = min(1.0, longest_side / max(size))
    return (max(1, round(size[0] * scale)), max(1, round(size[1] * scale)))


def check_unchanged(picture: Picture, origin: str) -> None:
    """Raise PictureChanged if the file's size or modification time differs from when it was found."""
    if picture.size is None:
        return
    try:
        status = picture.path.stat()
    except FileNotFoundError as error:
        raise PictureChanged(
            f"{origin}: the file is gone",
            "put it back, or run again without it; `penstock forget --document` deletes its results",
        ) from error
    if (status.st_size, status.st_mtime_ns) != (picture.size, picture.modified_ns):
        raise PictureChanged(
            f"{origin}: the file has changed since it was found", "run again to recognize the new file"
        )
