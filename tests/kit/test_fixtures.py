"""The kit's fixtures and helpers, as an author's tests use them."""

from __future__ import annotations

import subprocess
import sys

import pytest
from PIL import Image

import penstock.testing
from penstock.errors import ConfigurationError
from penstock.images import open_upright
from penstock.model import Recognition
from penstock.testing import draw_page, recognized_document, reference_to, trial_outputs
from penstock.testing.scans import KNOWN_TEXT
from penstock_plugins.sinks.text import Text

HEAVY = ["numpy", "PIL", "cv2", "onnxruntime", "pydantic", "requests", "rich", "click", "penstock.engine"]


def test_pytest_loads_the_plugin_and_nothing_heavy(tmp_path):
    """Everybody who has penstock installed loads it in every pytest run, also of what is no plugin."""
    (tmp_path / "test_other.py").write_text(
        "import sys\n"
        "def test_something():\n"
        "    assert 'penstock.testing.pytest_plugin' in sys.modules\n"
        f"    assert [name for name in {HEAVY} if name in sys.modules] == []\n"
    )
    ended = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "test_other.py"],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert ended.returncode == 0, ended.stdout


def test_the_kits_face_is_whole():
    assert sorted(penstock.testing.__all__) == penstock.testing.__all__
    for name in penstock.testing.__all__:
        assert getattr(penstock.testing, name).__doc__, name
    with pytest.raises(AttributeError, match="no attribute 'SnikConformance'"):
        _ = penstock.testing.SnikConformance


def test_a_drawn_page_says_what_stands_on_it(drawn_page):
    assert drawn_page.recognition.text == "Dear Anna\nthank you for the apples\nthey came on Monday"
    with open_upright(drawn_page.page) as picture:
        for line in drawn_page.recognition.lines:
            for word in line.words:
                left, top, right, bottom = (round(edge) for edge in word.quad.bounds)
                inside = picture.crop((left, top, right + 1, bottom + 1))
                assert inside.getextrema()[0] < 50, word.text
                # Two pixels around it there is nothing but paper, but for what hangs down beside it.
                assert picture.crop((left - 3, top, left - 1, bottom)).getextrema()[0] > 200, word.text


@pytest.mark.parametrize("orientation", range(1, 9))
@pytest.mark.parametrize("suffix", ["png", "jpg", "tif"])
def test_a_page_is_upright_however_it_is_stored(tmp_path, orientation, suffix):
    plain = draw_page(tmp_path / "plain.png")
    turned = draw_page(tmp_path / f"turned.{suffix}", orientation=orientation)
    assert turned.page.orientation == orientation
    assert turned.recognition == plain.recognition
    with open_upright(plain.page) as one, open_upright(turned.page) as other:
        assert one.size == other.size == (turned.page.width, turned.page.height)
        difference = Image.blend(one, Image.eval(other, lambda level: 255 - level), 0.5)
        low, high = difference.getextrema()
        assert high - low < 60


def test_the_scans_are_real_and_small(scanned_pages):
    assert [page.origin for page in scanned_pages] == list(KNOWN_TEXT)
    assert [page.orientation for page in scanned_pages] == [1, 6]
    assert all(page.width == 720 and page.picture.size < 20_000 for page in scanned_pages)


def test_the_scans_are_read_as_they_are_known(scanned_pages, run_pipeline, tmp_path):
    report = run_pipeline(
        sources=[{"plugin": "files", "paths": ["scans"], "document": "all"}],
        recognizers=[{"plugin": "rapidocr", "workers": 1}],
    )
    assert report.pages_read == 2
    text = (tmp_path / "all.txt").read_text().casefold()
    for word in ("loved", "our sincerest", "david", "jordan", "deep"):
        assert word in text


def test_a_run_in_one_line(run_pipeline, tmp_path):
    report = run_pipeline(sinks=[{"plugin": reference_to(Text), "path": "{document}.mine.txt"}])
    assert (report.pages_read, report.documents_written, report.failed) == (1, 1, 0)
    assert (tmp_path / "letter.mine.txt").read_text() == "letter read\n"


def test_a_run_with_a_recognizer_that_does_what_it_is_told(run_pipeline, scripted_recognizer):
    report = run_pipeline(recognizers=[scripted_recognizer(letter=["refuse"])])
    assert report.pages_read == 0
    assert "the service cannot read this page" in str(report.failures[0])


def test_a_run_whose_tables_are_wrong_says_so(run_pipeline):
    with pytest.raises(ConfigurationError, match="did you mean 'text'"):
        run_pipeline(sinks=[{"plugin": "txet"}])


def test_read_services_end_with_the_test(read_service, drawn_page):
    import requests

    service = read_service(drawn_page.recognition)
    answer = requests.post(
        f"{service.endpoint}/vision/v3.2/read/analyze",
        data=drawn_page.page.picture.path.read_bytes(),
        headers={"Ocp-Apim-Subscription-Key": service.key},
        timeout=30,
    )
    assert answer.status_code == 202
    assert service.billed == 1


def test_a_reading_that_raises_makes_the_operation_fail(read_service, drawn_page):
    import requests

    def fail(picture: bytes) -> Recognition:
        raise ZeroDivisionError

    service = read_service(fail)
    headers = {"Ocp-Apim-Subscription-Key": service.key}
    picture = drawn_page.page.picture.path.read_bytes()
    submit = f"{service.endpoint}/vision/v3.2/read/analyze"
    where = requests.post(submit, data=picture, headers=headers, timeout=30).headers["Operation-Location"]
    for _ in range(1000):
        status = requests.get(where, headers=headers, timeout=30).json()["status"]
        if status != "running":
            break
    assert status == "failed"


def test_a_document_can_be_written_by_hand(tmp_path, drawn_page, spool):
    document = recognized_document([drawn_page], name="mine")
    outputs = trial_outputs(document, tmp_path / "out")
    Text().write(document, outputs)
    assert outputs.written == [tmp_path / "out" / "mine.txt"]
    assert outputs.written[0].read_text().startswith("Dear Anna\n")
    kept = spool.keep(b"bytes", ".bin")
    assert kept.is_relative_to(tmp_path / "spool")
