"""Our own plugins pass the classes that others' have to pass."""

from __future__ import annotations

import io
import re
from pathlib import Path

import pytest
from PIL import Image

from penstock.images import find_pages
from penstock.model import Line, Quad, Recognition, Word
from penstock.plugins import KINDS, offers
from penstock.secret import Secret
from penstock.testing import (
    AzureReadServer,
    DrawnPage,
    ObserverConformance,
    RecognizerConformance,
    Scripted,
    SinkConformance,
    SourceConformance,
    TransformConformance,
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
from penstock_plugins.transforms.crop import Crop
from penstock_plugins.transforms.deskew import Deskew


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


class TestDeskew(TransformConformance):
    component = Deskew


class TestCrop(TransformConformance):
    component = Crop


class TestCropOfASheetOnATable(TransformConformance):
    """Where there is something to cut away, too."""

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

    def test_the_sheet_is_cut_out(self, tmp_path):
        (drawn,) = self.pages(tmp_path).values()
        cut = self._prepared(tmp_path, drawn.page)
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

        with AzureReadServer(read) as self.service:
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


LIVE = {"camera": "gives what lies under a lens", "stdin": "gives one picture, once"}
"""Sources that give nothing that can be laid out; they have tests of their own."""


def test_every_plugin_of_ours_passes_the_kit_somewhere():
    tests = "\n".join(path.read_text() for path in Path(__file__).parents[1].rglob("test_*.py"))
    for kind in KINDS:
        for offer in offers(kind):
            if offer.distribution == "penstock" and offer.name not in LIVE:
                cls = offer.entry_point.value.partition(":")[2]
                assert re.search(rf"component(: .*)? = {cls}\b", tests), (
                    f"no conformance class for {offer.name}"
                )
