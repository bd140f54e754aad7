"""Recordings of one page at 0, 90, 180 and 270 degrees: words are on their ink, in reading direction."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

from penstock.json_form import recognition_from_json
from penstock.model import Quad, Recognition
from penstock.report import Exit, RunReport
from penstock.testing import AzureReadServer
from penstock.transcriptions.azure_read import parse_read_result
from pipelines import double

TURNS = {"v3.0-eng": 0, "v3.0-eng-90deg": -90, "v3.0-eng-180deg": 180, "v3.0-eng-270deg": 90}
CROP = (96, 32)
"""Size to which words are scaled for comparison."""
KEY = "loopback"
ReadAll = Callable[[str], tuple[Recognition, Path]]


@pytest.fixture
def read_all(
    run_tables: Callable[..., RunReport], data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> ReadAll:
    """Run a recorded page through the whole pipeline; return the recognition and the PDF."""
    monkeypatch.setenv("AZURE_VISION_KEY", KEY)

    def read(name: str) -> tuple[Recognition, Path]:
        recorded = parse_read_result(json.loads((data / f"{name}.json").read_text("utf-8"))).pages[0]
        sinks = [{"plugin": "pdf", "path": "{document}.pdf"}, {"plugin": "json", "path": "{document}.json"}]
        with AzureReadServer(recorded.recognition, key=KEY) as service:
            report = run_tables(
                {
                    "sources": [{"plugin": "files", "paths": [str(data / f"{name}.png")]}],
                    "recognizers": [
                        {
                            "plugin": double("azure:AzureRead"),
                            "endpoint": service.endpoint,
                            "api_version": "3.0",
                        }
                    ],
                    "sinks": sinks,
                }
            )
        assert report.exit_code is Exit.DONE, report
        form = json.loads((tmp_path / f"{name}.json").read_text("utf-8"))
        return recognition_from_json(form["pages"][0]), tmp_path / f"{name}.pdf"

    return read


def ink_of(picture: Path) -> Image.Image:
    """Return the inverted gray picture: ink is bright."""
    with Image.open(picture) as image:
        paper = Image.new("RGBA", image.size, "white")
        paper.alpha_composite(image.convert("RGBA"))
    return Image.eval(paper.convert("L"), lambda level: 255 - level)


def rectified(ink: Image.Image, quad: Quad) -> NDArray[Any]:
    """Return the picture of a word, with its quad's first corner at the top left."""
    first, second, third, fourth = quad.corners
    corners = (*first, *fourth, *third, *second)
    return np.asarray(ink.transform(CROP, Image.Transform.QUAD, corners, Image.Resampling.BILINEAR), float)


def likeness(first: NDArray[Any], second: NDArray[Any]) -> float:
    return float(np.corrcoef(first.ravel(), second.ravel())[0, 1])


def words_of(recognition: Recognition) -> list[tuple[str, Quad]]:
    return [(word.text, word.quad) for line in recognition.lines for word in line.words]


@pytest.mark.parametrize("name", TURNS)
def test_every_word_is_on_its_ink(name: str, read_all: ReadAll, data: Path) -> None:
    recognition, _ = read_all(name)
    ink = ink_of(data / f"{name}.png")
    background = float(np.asarray(ink).mean())
    shares = [rectified(ink, quad).mean() for _, quad in words_of(recognition)]
    assert len(shares) > 40
    assert min(shares) > 1.5 * background


@pytest.mark.parametrize("name", [name for name in TURNS if name != "v3.0-eng"])
def test_corners_start_at_the_top_left_of_the_text(name: str, read_all: ReadAll, data: Path) -> None:
    upright, turned = read_all("v3.0-eng")[0], read_all(name)[0]
    ink, turned_ink = ink_of(data / "v3.0-eng.png"), ink_of(data / f"{name}.png")
    pairs = [
        (rectified(ink, first), rectified(turned_ink, second))
        for (text, first), (same, second) in zip(words_of(upright), words_of(turned), strict=False)
        if text == same
    ]
    assert len(pairs) > 20
    alike = [likeness(first, second) for first, second in pairs]
    upside_down = [likeness(first, second[::-1, ::-1]) for first, second in pairs]
    # The service's boxes differ by some pixels between the directions.
    assert float(np.median(alike)) > 0.5
    assert all(right > wrong for right, wrong in zip(alike, upside_down, strict=True))


@pytest.mark.parametrize(("name", "angle"), TURNS.items())
def test_pdf_is_upright_with_text_in_order(name: str, angle: float, read_all: ReadAll) -> None:
    import pypdfium2

    recognition, pdf = read_all(name)
    with pypdfium2.PdfDocument(pdf) as document:
        page = document[0]
        assert page.get_width() > page.get_height()
        assert page.get_textpage().get_text_bounded().split() == recognition.text.split()
    assert recognition.angle is not None
    assert abs((recognition.angle - angle + 180) % 360 - 180) < 0.5
