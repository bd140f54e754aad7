"""Our own plugins pass the classes that others' have to pass."""

from __future__ import annotations

import io

import pytest
from PIL import Image

from penstock.model import Line, Quad, Recognition, Word
from penstock.secret import Secret
from penstock.testing import (
    ObserverConformance,
    ReadService,
    RecognizerConformance,
    Scripted,
    SinkConformance,
    SourceConformance,
    draw_page,
)
from penstock_plugins.observers.progress import Progress
from penstock_plugins.recognizers.azure.document_intelligence import AzureDocumentIntelligence
from penstock_plugins.recognizers.azure.read import AzureRead
from penstock_plugins.recognizers.rapidocr import RapidOcr
from penstock_plugins.sinks.json import Json
from penstock_plugins.sinks.overlay import Overlay
from penstock_plugins.sinks.pdf import Pdf
from penstock_plugins.sinks.text import Text
from penstock_plugins.sources.files import Files


class TestText(SinkConformance):
    component = Text


class TestJson(SinkConformance):
    component = Json


class TestOverlay(SinkConformance):
    component = Overlay


class TestPdf(SinkConformance):
    component = Pdf


class TestFiles(SourceConformance):
    component = Files
    options = {"paths": ["."]}


class TestFoldersAsDocuments(SourceConformance):
    component = Files
    options = {"paths": ["."], "document": "all"}


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


class OnLoopback(RecognizerConformance):
    """A service's recognizer against the one on loopback, which knows the drawn pages by their bytes."""

    @pytest.fixture(autouse=True)
    def _service(self, tmp_path):
        def read(picture: bytes) -> Recognition:
            with Image.open(io.BytesIO(picture)) as opened:
                opened.load()
            stems = [path.stem for path in (tmp_path / "scans").iterdir() if path.read_bytes() == picture]
            name = stems[0] if stems else "turned upright for sending"
            if name.startswith(("upright", "turned")):
                return draw_page(tmp_path / "again.png").recognition
            quad = Quad.from_box(60, 60, 160, 100)
            return Recognition((Line(name, quad, (Word(name, quad, 0.9),)),))

        with ReadService(read) as self.service:
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
    """Reads no pictures, and so tells no good one from a bad one."""

    component = Scripted
    test_reports_a_picture_that_cannot_be_read = None
