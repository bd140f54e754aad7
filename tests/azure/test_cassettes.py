"""Real exchanges through the whole pipeline, from picture to overlay and PDF, with no network.

With an endpoint and a key in the environment, ``--record-mode=rewrite`` records them afresh; those of 2.0
stay as they are, for the cloud does not speak it any more.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml
from PIL import Image, ImageChops

from penstock.model import Operation, Pending, Recognition
from penstock.report import Exit, RunReport
from penstock.secret import Secret
from penstock_plugins.recognizers.azure.document_intelligence import AzureDocumentIntelligence
from penstock_plugins.recognizers.azure.fitting import SentPicture
from penstock_plugins.recognizers.azure.http_messages import bytes_request
from penstock_plugins.recognizers.azure.read import AzureRead
from pipelines import double
from scrubbing import CASSETTE_HOST, KEY, SIGNATURE

ROOT = Path(__file__).parents[2]
CASSETTES = sorted((ROOT / "cassettes").glob("*.yaml"))
IMAGES = "https://raw.githubusercontent.com/Azure/azure-sdk-for-net"
SIGNAGE_2019 = (
    f"{IMAGES}/psSdkJson6/src/SDKs/CognitiveServices/dataPlane/Vision/ComputerVision/"
    "ComputerVision.Tests/TestImages/signage.jpg"
)
SIGNAGE_2021 = f"{IMAGES}/master/sdk/cognitiveservices/Vision.ComputerVision/tests/TestImages/signage.jpg"

pytestmark = [pytest.mark.vcr, pytest.mark.block_network, pytest.mark.usefixtures("azure")]
Run = Callable[[dict[str, Any]], RunReport]


def pipeline(source: dict[str, Any], recognizer: dict[str, Any]) -> dict[str, Any]:
    """Return a pipeline that writes an overlay, a PDF and text."""
    return {
        "sources": [source],
        "recognizers": [{"plugin": double("azure:AzureRead"), **recognizer}],
        "sinks": [
            {"plugin": "overlay", "path": "{document}.png"},
            {"plugin": "pdf", "path": "{document}.pdf"},
            {"plugin": "text", "path": "{document}.txt"},
        ],
    }


def by_url(address: str, **recognizer: Any) -> dict[str, Any]:
    source = {"plugin": double("azure:Url"), "urls": [address]}
    return pipeline(source, {"by_url": True, **recognizer})


def by_file(path: Path, **recognizer: Any) -> dict[str, Any]:
    return pipeline({"plugin": "files", "paths": [str(path)]}, recognizer)


def words_of_pdf(path: Path) -> list[str]:
    from pdfminer.high_level import extract_text

    return list(extract_text(path).split())


def check_outputs(folder: Path, name: str, lines: list[str], picture: Path) -> None:
    """Check that text and PDF have the lines in order, and that the overlay has drawings."""
    assert (folder / f"{name}.txt").read_text("utf-8").splitlines() == lines
    assert words_of_pdf(folder / f"{name}.pdf") == " ".join(lines).split()
    with Image.open(folder / f"{name}.png") as overlay, Image.open(picture) as original:
        assert overlay.height >= original.height
        drawn = overlay.convert("RGB").crop((0, 0, *original.size))
        assert ImageChops.difference(drawn, original.convert("RGB")).getbbox()


@pytest.mark.default_cassette("v2.0-read-url.yaml")
def test_quickstart_from_url_to_overlay(run_tables: Run, tmp_path: Path, data: Path) -> None:
    report = run_tables(by_url(SIGNAGE_2019, api_version="2.0"))
    assert report.exit_code is Exit.DONE, report
    check_outputs(tmp_path, "signage", ["520", "WEST", "Seattle"], data / "signage.jpg")


@pytest.mark.default_cassette("v2.0-read-stream.yaml")
def test_version_2_by_bytes(run_tables: Run, tmp_path: Path, data: Path) -> None:
    report = run_tables(by_file(data / "whiteboard.jpg", api_version="2.0"))
    assert report.exit_code is Exit.DONE, report
    lines = ["you must be the change", "you want to see in the world!"]
    check_outputs(tmp_path, "whiteboard", lines, data / "whiteboard.jpg")


@pytest.mark.default_cassette("v2.0-recognize-text-stream.yaml")
def test_recognize_text_by_bytes(run_tables: Run, tmp_path: Path, data: Path) -> None:
    options = {"api_version": "2.0", "recognize_text": "Handwritten"}
    report = run_tables(by_file(data / "whiteboard.jpg", **options))
    assert report.exit_code is Exit.DONE, report
    lines = ["You must be the change", "you want to see in the world!!"]
    check_outputs(tmp_path, "whiteboard", lines, data / "whiteboard.jpg")


@pytest.mark.default_cassette("v2.0-recognize-text-url.yaml")
def test_recognize_text_by_url(run_tables: Run, tmp_path: Path, data: Path) -> None:
    report = run_tables(by_url(SIGNAGE_2019, api_version="2.0", recognize_text="Printed"))
    assert report.exit_code is Exit.DONE, report
    check_outputs(tmp_path, "signage", ["520", "WEST", "Seattle"], data / "signage.jpg")


@pytest.mark.default_cassette("v3.2-read-url.yaml")
def test_version_3_by_url(run_tables: Run, tmp_path: Path, data: Path) -> None:
    report = run_tables(by_url(SIGNAGE_2021, model_version="latest"))
    assert report.exit_code is Exit.DONE, report
    check_outputs(tmp_path, "signage", ["520", "WEST", "Seattle"], data / "signage.jpg")


@pytest.mark.default_cassette("v3.2-read-natural.yaml")
def test_version_3_in_natural_order(run_tables: Run, tmp_path: Path, data: Path) -> None:
    address = SIGNAGE_2021.replace("/master/", "/main/")
    report = run_tables(by_url(address, model_version="latest", reading_order="natural"))
    assert report.exit_code is Exit.DONE, report
    check_outputs(tmp_path, "signage", ["520", "WEST", "Seattle"], data / "signage.jpg")


@pytest.mark.default_cassette("v3.2-read-stream.yaml")
def test_version_3_by_bytes(run_tables: Run, tmp_path: Path, data: Path) -> None:
    options = {"model_version": "latest", "reading_order": "basic"}
    report = run_tables(by_file(data / "whiteboard.jpg", **options))
    assert report.exit_code is Exit.DONE, report
    lines = ["you must be the change", "you want to see in the world!"]
    check_outputs(tmp_path, "whiteboard", lines, data / "whiteboard.jpg")


@pytest.mark.default_cassette("document-intelligence-blank.yaml")
def test_document_intelligence_by_url(run_tables: Run, tmp_path: Path) -> None:
    tables = by_url("https://example.org/blank.png")
    tables["recognizers"] = [{"plugin": double("azure:AzureDocumentIntelligence"), "by_url": True}]
    report = run_tables(tables)
    assert report.exit_code is Exit.DONE, report
    assert (tmp_path / "blank.txt").read_text("utf-8").strip("\n") == ""
    assert words_of_pdf(tmp_path / "blank.pdf") == []
    assert (tmp_path / "blank.png").exists()


@pytest.mark.default_cassette("v2.0-read-pdf.yaml")
def test_result_of_a_pdf_is_in_inches(cassettes: Path) -> None:
    recorded = yaml.safe_load((cassettes / "v2.0-read-pdf.yaml").read_text("utf-8"))
    pdf = recorded["interactions"][0]["request"]["body"]
    with AzureRead(
        endpoint=f"https://{CASSETTE_HOST}", key=Secret("recorded"), api_version="2.0"
    ) as recognizer:
        request = bytes_request(recognizer._submit_url(), pdf)
        operation = recognizer._client.submit(request, SentPicture(850, 1100))
        assert [recognizer.poll(operation) for _ in range(2)] == [Pending()] * 2
        recognition = recognizer.poll(operation)
    assert isinstance(recognition, Recognition)
    assert recognition.lines[0].text == "Microsoft"
    assert recognition.lines[0].quad.corners[0] == pytest.approx((337.57, 161.59))


@pytest.mark.default_cassette("document-intelligence-pdf-partial.yaml")
def test_document_intelligence_recognizes_a_pdf() -> None:
    with AzureDocumentIntelligence(endpoint=f"https://{CASSETTE_HOST}", key=Secret("recorded")) as recognizer:
        results = f"https://{CASSETTE_HOST}/documentintelligence/documentModels/prebuilt-read/analyzeResults"
        location = f"{results}/de92e522-023d-4e67-a84d-47ba413acc1f?api-version=2024-11-30"
        operation = Operation({"location": location, "sent": SentPicture(850, 1100).to_json()})
        assert [recognizer.poll(operation) for _ in range(2)] == [Pending(1.0)] * 2
        recognition = recognizer.poll(operation)
    assert isinstance(recognition, Recognition)
    assert recognition.lines[0].text == "This is the header of the document."


@pytest.mark.default_cassette("v3.2-read-stream.yaml")
def test_extra_poll_is_not_in_the_cassette(page_of: Callable[[Path], Any], data: Path) -> None:
    from vcr.errors import CannotOverwriteExistingCassetteException

    options: dict[str, Any] = {"model_version": "latest", "reading_order": "basic"}
    with AzureRead(endpoint=f"https://{CASSETTE_HOST}", key=Secret("recorded"), **options) as recognizer:
        operation = recognizer.submit(page_of(data / "whiteboard.jpg"))
        assert isinstance(operation, Operation)
        assert isinstance(recognizer.poll(operation), Pending)
        assert isinstance(recognizer.poll(operation), Recognition)
        with pytest.raises(CannotOverwriteExistingCassetteException):
            recognizer.poll(operation)


def texts_in(value: Any) -> list[str]:
    """Return all strings of a cassette, including the keys of mappings, without the bytes of pictures."""
    if isinstance(value, dict):
        return [text for key, one in value.items() for text in (str(key), *texts_in(one))]
    if isinstance(value, list):
        return [text for one in value for text in texts_in(one)]
    return [value] if isinstance(value, str) else []


@pytest.mark.parametrize("cassette", CASSETTES, ids=lambda path: path.stem)
def test_cassettes_contain_no_key_token_or_resource(cassette: Path) -> None:
    texts = texts_in(yaml.safe_load(cassette.read_text("utf-8")))
    assert texts
    forbidden = {"ocp-apim-subscription-key", "authorization", "set-cookie", "cookie", "x-ms-region"}
    assert not forbidden & {text.lower() for text in texts}
    assert not [text for text in texts if KEY.search(text) or SIGNATURE.search(text)]
    hosts = {host for text in texts for host in re.findall(r"https?://([^/\"\s?:]+)", text)}
    assert hosts <= {CASSETTE_HOST, "raw.githubusercontent.com", "example.org", "invalidurl", *TOLD_HOSTS}


TOLD_HOSTS = {"www.this.is.a.bad.url.com", "badurl.jpg", "aka.ms"}
"""Hosts of pictures in the recordings, which identify no resource."""
