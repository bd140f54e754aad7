"""Pictures on their way to a worker: what arrives shows what the page's own file shows."""

from __future__ import annotations

from pathlib import Path

import pikepdf
import pytest
from PIL import Image, ImageChops, ImageDraw

from penstock.errors import PictureChanged, PictureError
from penstock.images import find_pages, open_upright
from penstock.model import Page
from penstock.workers.dask import pictures
from penstock.workers.dask.pictures import packed, unpacked

MODES = {"gray": "L", "colour": "RGB", "fax": "1", "print": "CMYK", "palette": "P"}


@pytest.fixture(autouse=True)
def _only_pages(monkeypatch: pytest.MonkeyPatch) -> None:
    """Send small files with several pages as large ones are sent."""
    monkeypatch.setattr(pictures, "WHOLE_FILE", 0)


def several(file: Path, **save: object) -> list[Page]:
    frames = []
    for number, mode in enumerate(MODES.values()):
        frame = Image.new("RGB", (200 + 10 * number, 100), "white")
        ImageDraw.Draw(frame).text((10, 10), f"page {number}", fill=(200, 0, 0))
        frames.append(frame.convert(mode))
    frames[0].save(file, save_all=True, append_images=frames[1:], **save)
    return list(find_pages(file, file.name))


def assert_same(page: Page, folder: Path) -> int:
    """Check that a worker sees the page's pixels, and return the bytes that are sent."""
    sent = packed(page, ())
    (folder / "worker").mkdir(exist_ok=True)
    with unpacked(sent, folder / "worker", "tcp://worker") as there:
        assert there.picture.path.parent == folder / "worker"
        assert (there.number, there.origin, there.width) == (page.number, page.origin, page.width)
        for side in (None, 50):
            ours, theirs = open_upright(page, longest_side=side), open_upright(there, longest_side=side)
            assert (ours.mode, ours.size) == (theirs.mode, theirs.size)
            assert ImageChops.difference(ours, theirs).getbbox() is None
    assert list((folder / "worker").iterdir()) == []
    assert sent.content is not None
    return len(sent.content)


def test_pages_of_a_tiff(tmp_path: Path) -> None:
    pages = several(tmp_path / "a.tif")
    assert len(pages) == len(MODES)
    for page in pages:
        assert_same(page, tmp_path)


def test_pages_of_a_pdf(tmp_path: Path) -> None:
    pages = several(tmp_path / "a.pdf", resolution=150)
    sizes = [assert_same(page, tmp_path) for page in pages]
    assert sum(sizes) < 2 * (tmp_path / "a.pdf").stat().st_size


def test_layers_of_a_pdf_stay_hidden(tmp_path: Path) -> None:
    several(tmp_path / "a.pdf", resolution=150)
    with pikepdf.open(tmp_path / "a.pdf") as pdf:
        layer = pdf.make_indirect(pikepdf.Dictionary(Type=pikepdf.Name.OCG, Name="hidden"))
        pdf.Root.OCProperties = pikepdf.Dictionary(OCGs=[layer], D=pikepdf.Dictionary(OFF=[layer], Order=[]))
        page = pdf.pages[1]
        page.Resources.Properties = pikepdf.Dictionary(L0=layer)
        page.contents_add(b"/OC /L0 BDC 0 0 40 40 re f EMC")
        pdf.save(tmp_path / "layers.pdf")
    for page in find_pages(tmp_path / "layers.pdf", "layers.pdf"):
        assert_same(page, tmp_path)


def test_an_encrypted_pdf_is_sent_without_its_encryption(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    several(tmp_path / "a.pdf", resolution=150)
    with pikepdf.open(tmp_path / "a.pdf") as pdf:
        pdf.save(tmp_path / "secret.pdf", encryption=pikepdf.Encryption(user="word", owner="word"))
    monkeypatch.setenv("PENSTOCK_PDF_PASSWORD", "word")
    page = next(find_pages(tmp_path / "secret.pdf", "secret.pdf"))
    sent = packed(page, ())
    monkeypatch.delenv("PENSTOCK_PDF_PASSWORD")
    with unpacked(sent, tmp_path, "tcp://worker") as there:
        assert open_upright(there).size == (page.width, page.height)


def test_a_turned_photo_is_sent_as_it_is(tmp_path: Path) -> None:
    turned = Image.Exif()
    turned[0x0112] = 6
    Image.new("RGB", (90, 60), "red").save(tmp_path / "a.jpg", exif=turned)
    (page,) = find_pages(tmp_path / "a.jpg", "a.jpg")
    assert assert_same(page, tmp_path) == (tmp_path / "a.jpg").stat().st_size


def test_a_file_that_changed_is_not_sent(tmp_path: Path) -> None:
    Image.new("L", (90, 60)).save(tmp_path / "a.png")
    (page,) = find_pages(tmp_path / "a.png", "a.png")
    Image.new("L", (91, 60)).save(tmp_path / "a.png")
    with pytest.raises(PictureChanged):
        packed(page, ())


def test_a_shared_file_that_the_worker_does_not_see_is_named_with_the_worker(tmp_path: Path) -> None:
    Image.new("L", (90, 60)).save(tmp_path / "a.png")
    (page,) = find_pages(tmp_path / "a.png", "a.png")
    sent = packed(page, [tmp_path])
    assert sent.content is None
    (tmp_path / "a.png").unlink()
    with (
        pytest.raises(PictureError, match=r"a\.png: the worker tcp://worker does not see") as raised,
        unpacked(sent, tmp_path, "tcp://worker"),
    ):
        pass
    assert "shared_folders" in raised.value.hint
