"""`penstock read` writes a searchable PDF beside its input PDF under a name of its own."""

from __future__ import annotations

from pathlib import Path

import pytest

from penstock.cli.read_outputs import OutputNames
from penstock.cli.read_pipeline import Inputs, Recognizing, read_configuration
from penstock.model import Document
from penstock.outputs import OutputRules


@pytest.mark.parametrize(
    ("origin", "out", "to", "expected"),
    [
        ("box/scan.pdf", None, "pdf", "box/scan.searchable.pdf"),
        ("box/SCAN.PDF", None, "pdf", "box/SCAN.searchable.pdf"),
        ("box/scan.jpg", None, "pdf", "box/scan.pdf"),
        ("box/scan.pdf", None, "text", "box/scan.txt"),
        ("box/scan.pdf", "out", "pdf", "out/scan.pdf"),
    ],
)
def test_a_searchable_pdf_has_a_name_of_its_own(draw, tmp_path, monkeypatch, origin, out, to, expected):
    monkeypatch.chdir(tmp_path)
    draw("a.png")
    configuration = read_configuration(
        Inputs(("a.png",)), Recognizing(), OutputNames(to, Path(out) if out else None), (), observers=[]
    )
    (sink,) = configuration.of_kind("sink")
    rules = OutputRules(tmp_path, "read", "2026-01-01", registry=None)
    document = Document(Path(origin).stem, origin, (), beside=tmp_path / "box")
    assert rules.place(sink.component.path, document) == tmp_path / expected
