"""Test tools for plugin authors, and for penstock's own tests.

A conformance class for each kind of component. Subclass it in three lines::

    from penstock.testing import SinkConformance

    class TestShout(SinkConformance):
        component = Shout

Pages drawn with known words (`draw_page`), real scans (`scanned_pages`), a recognizer that follows a script
(`Scripted`), a whole run in one line (`run_tables`), and a server on loopback that speaks the APIs of Azure's
Read services and can misbehave::

    with AzureReadServer(recognition, work=1.2, misbehave=[Misbehaviour("throttle", on="poll")]) as service:
        recognizer = AzureRead(endpoint=service.endpoint, key=Secret(service.key))

The fixtures of `penstock.testing.pytest_plugin` are available in every pytest run that has penstock
installed. ``python -m penstock.testing --help`` starts the server from a shell.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from penstock.testing.azure import AzureReadServer, Call, Misbehaviour
    from penstock.testing.conformance.amender import AmenderConformance
    from penstock.testing.conformance.base import Conformance
    from penstock.testing.conformance.errors import ConformanceError
    from penstock.testing.conformance.observer import ObserverConformance
    from penstock.testing.conformance.recognizer import RecognizerConformance
    from penstock.testing.conformance.sink import SinkConformance
    from penstock.testing.conformance.source import SourceConformance
    from penstock.testing.conformance.transform import TransformConformance
    from penstock.testing.drawing import DrawnPage, draw_page
    from penstock.testing.outputs import make_outputs, recognized_document
    from penstock.testing.recognizing import recognize_with
    from penstock.testing.runs import reference_to, run_tables
    from penstock.testing.scans import scanned_pages
    from penstock.testing.scripted import Scripted

_MODULES = {
    "AmenderConformance": "conformance.amender",
    "AzureReadServer": "azure",
    "Call": "azure",
    "Conformance": "conformance.base",
    "ConformanceError": "conformance.errors",
    "DrawnPage": "drawing",
    "Misbehaviour": "azure",
    "ObserverConformance": "conformance.observer",
    "RecognizerConformance": "conformance.recognizer",
    "Scripted": "scripted",
    "SinkConformance": "conformance.sink",
    "SourceConformance": "conformance.source",
    "TransformConformance": "conformance.transform",
    "draw_page": "drawing",
    "make_outputs": "outputs",
    "recognize_with": "recognizing",
    "recognized_document": "outputs",
    "reference_to": "runs",
    "run_tables": "runs",
    "scanned_pages": "scans",
}
"""The module of each name. Imports are lazy because pytest imports this package in every run."""


def __getattr__(name: str) -> Any:
    if name not in _MODULES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(importlib.import_module(f"{__name__}.{_MODULES[name]}"), name)


__all__ = [
    "AmenderConformance",
    "AzureReadServer",
    "Call",
    "Conformance",
    "ConformanceError",
    "DrawnPage",
    "Misbehaviour",
    "ObserverConformance",
    "RecognizerConformance",
    "Scripted",
    "SinkConformance",
    "SourceConformance",
    "TransformConformance",
    "draw_page",
    "make_outputs",
    "recognize_with",
    "recognized_document",
    "reference_to",
    "run_tables",
    "scanned_pages",
]
