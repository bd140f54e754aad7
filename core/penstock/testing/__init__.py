"""For plugin authors, and for penstock's own tests.

Conformance, a class per kind of component, to be subclassed in three lines::

    from penstock.testing import SinkConformance

    class TestShout(SinkConformance):
        component = Shout

Pages drawn with known words (`draw_page`), real scans (`scanned_pages`), a recognizer that does what it is
told (`Scripted`), a whole run in one line (`run_tables`), and a Read service on loopback that speaks Azure's
APIs, and misbehaves::

    with AzureReadServer(recognition, work=1.2, misbehave=[Misbehaviour("throttle", on="poll")]) as service:
        recognizer = AzureRead(endpoint=service.endpoint, key=Secret(service.key))

The fixtures of `penstock.testing.pytest_plugin` are there in every pytest run beside an installed penstock.
From a shell: ``python -m penstock.testing --help``.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from penstock.testing.conformance.base import Conformance
    from penstock.testing.conformance.faults import NotConforming
    from penstock.testing.conformance.observer import ObserverConformance
    from penstock.testing.conformance.recognizer import RecognizerConformance
    from penstock.testing.conformance.sink import SinkConformance
    from penstock.testing.conformance.source import SourceConformance
    from penstock.testing.conformance.transform import TransformConformance
    from penstock.testing.drawing import DrawnPage, draw_page
    from penstock.testing.ledger import Call
    from penstock.testing.misbehaviour import Misbehaviour
    from penstock.testing.reading import reading_with
    from penstock.testing.scans import scanned_pages
    from penstock.testing.scripted import Scripted
    from penstock.testing.service import AzureReadServer
    from penstock.testing.trial import recognized_document, reference_to, run_tables, trial_outputs

_HOMES = {
    "Call": "ledger",
    "Conformance": "conformance.base",
    "DrawnPage": "drawing",
    "Misbehaviour": "misbehaviour",
    "NotConforming": "conformance.faults",
    "ObserverConformance": "conformance.observer",
    "AzureReadServer": "service",
    "RecognizerConformance": "conformance.recognizer",
    "Scripted": "scripted",
    "SinkConformance": "conformance.sink",
    "SourceConformance": "conformance.source",
    "TransformConformance": "conformance.transform",
    "draw_page": "drawing",
    "recognized_document": "trial",
    "reading_with": "reading",
    "reference_to": "trial",
    "run_tables": "trial",
    "scanned_pages": "scans",
    "trial_outputs": "trial",
}
"""Where each name lives: pytest loads this package in every run, so nothing is imported before it is used."""


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(importlib.import_module(f"{__name__}.{_HOMES[name]}"), name)


__all__ = [
    "AzureReadServer",
    "Call",
    "Conformance",
    "DrawnPage",
    "Misbehaviour",
    "NotConforming",
    "ObserverConformance",
    "RecognizerConformance",
    "Scripted",
    "SinkConformance",
    "SourceConformance",
    "TransformConformance",
    "draw_page",
    "reading_with",
    "recognized_document",
    "reference_to",
    "run_tables",
    "scanned_pages",
    "trial_outputs",
]
