"""Videos made of real scans, in whole runs."""

from __future__ import annotations

import cv2
import numpy as np
import pytest
from PIL import Image

from camera import footage
from camera.footage import PAGES, Shot, shows, sitting, still
from penstock.spool import Spool
from penstock_plugins.sources.camera.source import Camera
from pipelines import double, tables

pytestmark = pytest.mark.usefixtures("one_thread")


def filmed(path, **options):
    return tables([]) | {"sources": [{"plugin": "camera", "device": str(path), **options}]}


def kept(folder):
    """Return which pages the stored pictures show."""
    spool = folder / ".penstock" / "spool"
    return sorted(shows(cv2.imread(str(path))) for path in spool.glob("*/*.jpg"))


def test_a_video_of_a_session_yields_exactly_its_pages(run_tables, tmp_path):
    film = footage.video(sitting(), tmp_path / "letters.avi")
    report = run_tables(filmed(film.name))
    assert report.exit_code == 0, report.failures
    assert (report.pages_read, report.documents_written) == (3, 1)
    assert kept(tmp_path) == sorted(PAGES[:3])
    assert (tmp_path / "out/letters.txt").read_text().count("\f") == 2
    again = run_tables(filmed(film.name))
    assert (again.exit_code, again.pages_found) == (0, 3)
    assert len(kept(tmp_path)) == 3


@pytest.fixture(scope="module")
def film(tmp_path_factory):
    shots = [
        *still(Shot(), 0.8),
        *still(Shot(PAGES[0]), 1.2),
        *still(Shot(PAGES[1]), 1.2),
    ]
    return footage.video(shots, tmp_path_factory.mktemp("film") / "two.avi")


def pages_of(film, folder, **options):
    """Return the document and its pages, which are iterated before the source continues."""
    items = []
    for item in Camera(film, **options).find_documents(Spool(folder), lambda _text: None):
        items.append(item)
        pages = list(item.pages)
    (document,) = items
    return document, pages


def test_a_document_is_named_after_the_video(film, tmp_path):
    document, pages = pages_of(film, tmp_path)
    assert (document.name, document.origin, document.beside) == ("two", str(film), film.parent)
    assert [page.origin for page in pages] == ["two, page 1", "two, page 2"]


def test_the_first_page_is_yielded_before_the_second_is_detected(film, tmp_path):
    items = Camera(film).find_documents(Spool(tmp_path), lambda _text: None)
    pages = iter(next(items).pages)
    next(pages)
    assert len(list(tmp_path.glob("*/*.jpg"))) == 1


def test_a_session_ends_after_the_given_number_of_pages(film, tmp_path):
    assert len(pages_of(film, tmp_path, pages=1)[1]) == 1


def test_once_takes_the_first_picture_whatever_it_shows(film, tmp_path):
    _, (page,) = pages_of(film, tmp_path, once=True)
    assert Image.open(page.picture.path).resize((1, 1)).getpixel((0, 0))[0] < 140


def test_intervals_are_measured_in_the_time_of_the_video(film, tmp_path):
    # 0.8 + 1.2 + 1.2 seconds: pictures at 0, 1, 2 and 3.
    _, pages = pages_of(film, tmp_path, every=1.0)
    assert [shows(cv2.imread(str(page.picture.path))) for page in pages[1:]] == [PAGES[0], PAGES[1], PAGES[1]]
    assert len(pages) == 4


@pytest.mark.parametrize("rotate", [0, 90, 180, 270])
def test_pictures_are_rotated_clockwise(film, tmp_path, rotate):
    _, (page, _) = pages_of(film, tmp_path, rotate=rotate)
    turned = cv2.imread(str(page.picture.path))
    assert (page.width, page.height) == ((720, 960) if rotate % 180 else (960, 720)) == turned.shape[1::-1]
    for _ in range((360 - rotate) // 90 % 4):
        turned = cv2.rotate(turned, cv2.ROTATE_90_CLOCKWISE)
    assert shows(turned) == PAGES[0]


def test_the_sheet_is_cut_out_and_straightened(tmp_path):
    aslant = Shot("en_letter_p1", turn=7, tall=0.8, at=(0.52, 0.5))
    film = footage.video(still(aslant, 1.0), tmp_path / "one.avi")
    _, (page,) = pages_of(film, tmp_path / "spool", crop="auto")
    seen = footage.scan("en_letter_p1")
    assert page.width / page.height == pytest.approx(seen.shape[1] / seen.shape[0], rel=0.03)
    assert page.height == pytest.approx(0.8 * 720, rel=0.05)
    sheet = cv2.cvtColor(cv2.imread(str(page.picture.path)), cv2.COLOR_BGR2GRAY).astype(float)
    same = cv2.resize(cv2.cvtColor(seen, cv2.COLOR_BGR2GRAY), sheet.shape[::-1], interpolation=cv2.INTER_AREA)
    smooth = [cv2.GaussianBlur(each.astype("float32"), (0, 0), 3).ravel() for each in (sheet, same)]
    assert float(np.corrcoef(*smooth)[0, 1]) > 0.8


def test_the_quality_sets_the_size_of_the_file(film, tmp_path):
    _, (good, _) = pages_of(film, tmp_path / "a")
    _, (bad, _) = pages_of(film, tmp_path / "b", quality=20)
    assert good.picture.size > 2 * bad.picture.size


@pytest.mark.parametrize(
    ("make", "why", "hint"),
    [
        (lambda path: None, "there is no such file", "check the path"),
        (lambda path: path.write_bytes(b""), "is not a video that can be read", "MP4"),
        (
            lambda path: path.write_text("a letter, not a film\n" * 99),
            "is not a video that can be read",
            "MP4",
        ),
        (lambda path: path.mkdir(), "is not a video file", "name a file"),
    ],
)
def test_an_unusable_video_does_not_affect_other_sources(run_tables, draw, tmp_path, make, why, hint, capfd):
    make(tmp_path / "film.avi")
    pipeline = filmed("film.avi")
    pipeline["sources"].append({"plugin": "files", "paths": [str(draw("a.png"))]})
    report = run_tables(pipeline)
    (failure,) = report.failures
    assert (failure.why, report.exit_code, report.documents_written) == (why, 1, 1)
    assert hint in failure.hint
    assert capfd.readouterr().err == ""


def test_a_video_without_a_page_is_a_problem_with_a_hint(run_tables, tmp_path):
    footage.video(still(Shot(), 1.5), tmp_path / "table.avi")
    report = run_tables(filmed("table.avi"))
    (failure,) = report.failures
    assert failure.why == "showed no page in 18 pictures"
    assert "every = 2" in failure.hint
    assert report.exit_code == 1


def test_a_cut_off_video_is_read_up_to_its_end(run_tables, tmp_path, film, capfd):
    content = film.read_bytes()
    (tmp_path / "cut.avi").write_bytes(content[: len(content) * 2 // 3])
    report = run_tables(filmed("cut.avi"))
    (failure,) = report.failures
    assert failure.why.startswith("the video is cut off after 2")
    assert (report.pages_read, report.documents_written, report.exit_code) == (1, 1, 1)
    assert capfd.readouterr().err == ""


def test_the_status_reaches_observers(run_tables, tmp_path, film):
    log = tmp_path / "log"
    watching = [{"plugin": double("observers:Recorder"), "log": str(log)}]
    run_tables(filmed(film, pages=1) | {"observers": watching})
    statuses = [line for line in log.read_text().splitlines() if line.startswith("source_status")]
    assert statuses == [
        "source_status camera: waiting for a steady picture",
        "source_status camera: waiting for a page",
        "source_status camera: waiting for a steady picture",
        "source_status camera: page 1 taken: turn the page",
        "source_status camera: ",
    ]


def test_debug_messages_name_size_and_decisions(film, tmp_path, caplog):
    with caplog.at_level("DEBUG", "penstock_plugins.sources.camera"):
        pages_of(film, tmp_path, pages=1)
    messages = [record.getMessage() for record in caplog.records]
    assert messages[0] == f"opening {film}"
    assert messages[1].startswith("opened: 960 x 720 pixels, 12 pictures per second")
    assert "first picture: 960 x 720 pixels" in messages
    assert messages[-1].endswith(": page 1 taken: turn the page")


def test_a_page_that_was_taken_before_is_logged_as_skipped(tmp_path, caplog):
    covered = footage.Shot(PAGES[0], hand=0.7)
    shots = [*still(Shot(PAGES[0]), 1.0), *still(covered, 4.5), *still(Shot(PAGES[0]), 1.0)]
    with caplog.at_level("DEBUG", "penstock_plugins.sources.camera"):
        pages_of(footage.video(shots, tmp_path / "one.avi"), tmp_path / "spool")
    assert "skipped: the page is the last one taken" in caplog.text
