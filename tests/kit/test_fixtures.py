"""The fixtures and helpers of `penstock.testing`."""

from __future__ import annotations

import subprocess
import sys

import pytest
from PIL import Image

import penstock.testing
from penstock.errors import ConfigurationError
from penstock.images import open_upright
from penstock.model import Recognition
from penstock.testing import draw_page, make_outputs, recognized_document, reference_to
from penstock.testing.scans import KNOWN_TEXT
from penstock_plugins.sinks.text import Text

HEAVY = ["numpy", "PIL", "cv2", "onnxruntime", "pydantic", "requests", "rich", "click", "penstock.engine"]


def test_the_pytest_plugin_imports_nothing_heavy(tmp_path):
    """pytest loads the plugin in every project, also in those that have nothing to do with penstock."""
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


def test_every_exported_name_is_documented():
    assert sorted(penstock.testing.__all__) == penstock.testing.__all__
    for name in penstock.testing.__all__:
        assert getattr(penstock.testing, name).__doc__, name
    with pytest.raises(AttributeError, match="no attribute 'SnikConformance'"):
        _ = penstock.testing.SnikConformance


def test_a_drawn_page_has_the_positions_of_its_words(penstock_drawn_page):
    assert penstock_drawn_page.recognition.text == "Dear Anna\nthank you for the apples\nthey came on Monday"
    with open_upright(penstock_drawn_page.page) as picture:
        for line in penstock_drawn_page.recognition.lines:
            for word in line.words:
                left, top, right, bottom = (round(edge) for edge in word.quad.bounds)
                inside = picture.crop((left, top, right + 1, bottom + 1))
                assert inside.getextrema()[0] < 50, word.text
                # Left of the word there is only paper; below it, descenders may reach in.
                assert picture.crop((left - 3, top, left - 1, bottom)).getextrema()[0] > 200, word.text


@pytest.mark.parametrize("orientation", range(1, 9))
@pytest.mark.parametrize("suffix", ["png", "jpg", "tif"])
def test_drawn_pages_are_upright_for_every_orientation(tmp_path, orientation, suffix):
    plain = draw_page(tmp_path / "plain.png")
    turned = draw_page(tmp_path / f"turned.{suffix}", orientation=orientation)
    assert turned.page.orientation == orientation
    assert turned.recognition == plain.recognition
    with open_upright(plain.page) as one, open_upright(turned.page) as other:
        assert one.size == other.size == (turned.page.width, turned.page.height)
        difference = Image.blend(one, Image.eval(other, lambda level: 255 - level), 0.5)
        low, high = difference.getextrema()
        assert high - low < 60


def test_the_scans_are_small(penstock_scanned_pages):
    assert [page.origin for page in penstock_scanned_pages] == list(KNOWN_TEXT)
    assert [page.orientation for page in penstock_scanned_pages] == [1, 6]
    assert all(page.width == 720 and page.picture.size < 20_000 for page in penstock_scanned_pages)


def test_the_scans_have_their_known_text(penstock_scanned_pages, penstock_run_pipeline, tmp_path):
    report = penstock_run_pipeline(
        sources=[{"plugin": "files", "paths": ["scans"], "document": "all"}],
        recognizers=[{"plugin": "rapidocr", "workers": 1}],
    )
    assert report.pages_read == 2
    text = (tmp_path / "all.txt").read_text().casefold()
    for word in ("loved", "our sincerest", "david", "jordan", "deep"):
        assert word in text


def test_run_pipeline_has_defaults(penstock_run_pipeline, tmp_path):
    report = penstock_run_pipeline(sinks=[{"plugin": reference_to(Text), "path": "{document}.mine.txt"}])
    assert (report.pages_read, report.documents_written, report.failed) == (1, 1, 0)
    assert (tmp_path / "letter.mine.txt").read_text() == "letter read\n"


def test_run_pipeline_with_a_scripted_recognizer(penstock_run_pipeline, penstock_scripted_recognizer):
    report = penstock_run_pipeline(recognizers=[penstock_scripted_recognizer(letter=["refuse"])])
    assert report.pages_read == 0
    assert "the service cannot read this page" in str(report.failures[0])


def test_run_pipeline_reports_wrong_tables(penstock_run_pipeline):
    with pytest.raises(ConfigurationError, match="did you mean 'text'"):
        penstock_run_pipeline(sinks=[{"plugin": "txet"}])


def test_read_service_accepts_a_page(penstock_read_service, penstock_drawn_page):
    import requests

    service = penstock_read_service(penstock_drawn_page.recognition)
    answer = requests.post(
        f"{service.endpoint}/vision/v3.2/read/analyze",
        data=penstock_drawn_page.page.picture.path.read_bytes(),
        headers={"Ocp-Apim-Subscription-Key": service.key},
        timeout=30,
    )
    assert answer.status_code == 202
    assert service.billed == 1


def test_an_operation_fails_if_its_answer_raises(penstock_read_service, penstock_drawn_page):
    import requests

    def fail(picture: bytes) -> Recognition:
        raise ZeroDivisionError

    service = penstock_read_service(fail)
    headers = {"Ocp-Apim-Subscription-Key": service.key}
    picture = penstock_drawn_page.page.picture.path.read_bytes()
    submit = f"{service.endpoint}/vision/v3.2/read/analyze"
    where = requests.post(submit, data=picture, headers=headers, timeout=30).headers["Operation-Location"]
    for _ in range(1000):
        status = requests.get(where, headers=headers, timeout=30).json()["status"]
        if status != "running":
            break
    assert status == "failed"


def test_a_sink_can_be_called_directly(tmp_path, penstock_drawn_page, penstock_spool):
    document = recognized_document([penstock_drawn_page], name="mine")
    outputs = make_outputs(document, tmp_path / "out")
    Text().write(document, outputs)
    assert outputs.written == [tmp_path / "out" / "mine.txt"]
    assert outputs.written[0].read_text().startswith("Dear Anna\n")
    kept = penstock_spool.keep(b"bytes", ".bin")
    assert kept.is_relative_to(tmp_path / "spool")


def test_fixture_names_have_a_prefix():
    from penstock.testing import pytest_plugin

    fixtures = [
        name
        for name, value in vars(pytest_plugin).items()
        if type(value).__name__ == "FixtureFunctionDefinition"
    ]
    assert len(fixtures) == 6
    assert all(name.startswith("penstock_") for name in fixtures)
