"""The built-in plugins pass the conformance tests."""

from __future__ import annotations

import io
import re
from pathlib import Path

import pytest
from PIL import Image

from existing_pages import foreign
from penstock.images import find_pages
from penstock.images.metadata import without_metadata
from penstock.model import Line, Quad, Recognition, RecognizedPage, Word
from penstock.plugins import KINDS, offers
from penstock.secret import Secret
from penstock.testing import (
    AzureReadServer,
    DrawnPage,
    ObserverConformance,
    RecognizerConformance,
    RuleConformance,
    Scripted,
    SinkConformance,
    SourceConformance,
    TransformConformance,
    draw_page,
)
from penstock.transcriptions.alto_writer import alto_page
from penstock_plugins.observers.progress import Progress
from penstock_plugins.recognizers.azure.document_intelligence import AzureDocumentIntelligence
from penstock_plugins.recognizers.azure.read import AzureRead
from penstock_plugins.recognizers.existing import Existing
from penstock_plugins.recognizers.rapidocr import RapidOcr
from penstock_plugins.rules.confidence import Confidence
from penstock_plugins.rules.min_lines import MinLines
from penstock_plugins.rules.words_in_dictionary import WordsInDictionary
from penstock_plugins.sinks.alto import Alto
from penstock_plugins.sinks.hocr import Hocr
from penstock_plugins.sinks.html import Html
from penstock_plugins.sinks.json import Json
from penstock_plugins.sinks.overlay import Overlay
from penstock_plugins.sinks.page import PageXml
from penstock_plugins.sinks.pdf import Pdf
from penstock_plugins.sinks.text import Text
from penstock_plugins.sinks.transcript import Transcript
from penstock_plugins.sources.files import Files
from penstock_plugins.transforms.crop import Crop
from penstock_plugins.transforms.deskew import Deskew


class TestConfidence(RuleConformance):
    component = Confidence
    options = {"at_least": 0.85}


class TestMinLines(RuleConformance):
    component = MinLines
    options = {"at_least": 2}


class TestWordsInDictionary(RuleConformance):
    component = WordsInDictionary
    options = {"at_least": 0.7}


class TestText(SinkConformance):
    component = Text


class TestJson(SinkConformance):
    component = Json


class TestOverlay(SinkConformance):
    component = Overlay


class TestHocr(SinkConformance):
    component = Hocr


class TestAlto(SinkConformance):
    component = Alto


class TestPageXml(SinkConformance):
    component = PageXml


class TestPdf(SinkConformance):
    component = Pdf


class TestHtml(SinkConformance):
    component = Html


class TestTranscript(SinkConformance):
    component = Transcript


class TestFiles(SourceConformance):
    component = Files
    options = {"paths": ["."]}


class TestFoldersAsDocuments(SourceConformance):
    component = Files
    options = {"paths": ["."], "document": "all"}


class TestDeskew(TransformConformance):
    component = Deskew


class TestCrop(TransformConformance):
    component = Crop


class TestCropOfASheetOnATable(TransformConformance):
    """Crop removes a table around the sheet."""

    component = Crop

    def pages(self, folder):
        drawn = draw_page(folder / "drawn" / "sheet.png", dots=True)
        table = Image.new("L", (1300, 700), 40)
        with Image.open(drawn.page.picture.path) as sheet:
            table.paste(sheet, (200, 150))
        path = folder / "scans" / "table.png"
        path.parent.mkdir(parents=True, exist_ok=True)
        table.save(path)
        (page,) = find_pages(path, path.name)
        dots = tuple((x + 200, y + 150) for x, y in drawn.dots)
        return {"on a table": DrawnPage(page, drawn.recognition, dots)}

    def test_crops_the_sheet(self, tmp_path):
        (drawn,) = self.pages(tmp_path).values()
        cut = self._prepare(tmp_path, drawn.page)
        assert (cut.width, cut.height) != (1300, 700)
        assert not cut.to_page.is_identity


class TestProgress(ObserverConformance):
    component = Progress
    options = {"style": "lines"}


class TestProgressForMachines(ObserverConformance):
    component = Progress
    options = {"style": "json"}


class TestProgressOnATerminal(ObserverConformance):
    component = Progress
    options = {"style": "bar"}


class TestRapidOcr(RecognizerConformance):
    component = RapidOcr
    options = {"workers": 1}
    patience = 300.0


class TestExisting(RecognizerConformance):
    component = Existing

    def pages(self, folder: Path) -> list[DrawnPage]:
        drawn = super().pages(folder)
        for each in drawn:
            transcribe(each)
        return drawn

    def test_recognizes_pages_concurrently(self, tmp_path: Path) -> None:
        for word in ("apples", "Monday", "garden", "letter"):
            transcribe(draw_page(tmp_path / "scans" / f"{word}.png", [word] * 3))
        super().test_recognizes_pages_concurrently(tmp_path)


def transcribe(drawn: DrawnPage) -> None:
    """Write an ALTO file beside the picture, as another program would."""
    alto = alto_page(RecognizedPage(drawn.page, drawn.recognition)).decode()
    drawn.page.picture.path.with_suffix(".xml").write_text(foreign(alto))


class OnLoopback(RecognizerConformance):
    """A service's recognizer with a server on loopback, which identifies the drawn pages by their bytes."""

    @pytest.fixture(autouse=True)
    def _service(self, tmp_path):
        def recognize(picture: bytes) -> Recognition:
            with Image.open(io.BytesIO(picture)) as opened:
                opened.load()
            scans = (tmp_path / "scans").iterdir()
            stems = [path.stem for path in scans if without_metadata(path.read_bytes()) == picture]
            name = stems[0] if stems else "rotated for sending"
            if name.startswith(("upright", "rotated")):
                return draw_page(tmp_path / "again.png").recognition
            quad = Quad.from_box(60, 60, 160, 100)
            return Recognition((Line(name, quad, (Word(name, quad, 0.9),)),))

        with AzureReadServer(recognize) as self.service:
            yield


class TestAzureRead(OnLoopback):
    component = AzureRead

    def make(self, folder):
        return AzureRead(endpoint=self.service.endpoint, key=Secret(self.service.key))


class TestAzureDocumentIntelligence(OnLoopback):
    component = AzureDocumentIntelligence

    def make(self, folder):
        return AzureDocumentIntelligence(endpoint=self.service.endpoint, key=Secret(self.service.key))


class TestScripted(RecognizerConformance):
    """It does not open pictures, so it cannot find a bad one."""

    component = Scripted
    options = {"durable": True}
    test_reports_unreadable_pictures = None


OTHER_INPUT = ("camera", "stdin")
"""Sources that do not find files; they have tests of their own."""


def test_every_built_in_plugin_has_a_conformance_test():
    tests = "\n".join(path.read_text() for path in Path(__file__).parents[1].rglob("test_*.py"))
    for kind in KINDS:
        for offer in offers(kind):
            if offer.distribution == "penstock" and offer.name not in OTHER_INPUT:
                cls = offer.entry_point.value.partition(":")[2]
                assert re.search(rf"component(: .*)? = {cls}\b", tests), (
                    f"no conformance class for {offer.name}"
                )
