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
    from penstock.testing.azure.jobs import recognize_with
    from penstock.testing.conformance.amender import AmenderConformance
    from penstock.testing.conformance.base import Conformance
    from penstock.testing.conformance.errors import ConformanceError
    from penstock.testing.conformance.observer import ObserverConformance
    from penstock.testing.conformance.recognizer import RecognizerConformance
    from penstock.testing.conformance.rule import RuleConformance
    from penstock.testing.conformance.sink import SinkConformance
    from penstock.testing.conformance.source import SourceConformance
    from penstock.testing.conformance.transform import TransformConformance
    from penstock.testing.drawing import DrawnPage, draw_page
    from penstock.testing.outputs import make_outputs, recognized_document
    from penstock.testing.runs import reference_to, run_tables
    from penstock.testing.scans import scanned_pages
    from penstock.testing.scripted import Scripted

_NAMES = {
    "azure": ("AzureReadServer", "Call", "Misbehaviour"),
    "azure.jobs": ("recognize_with",),
    "conformance.amender": ("AmenderConformance",),
    "conformance.base": ("Conformance",),
    "conformance.errors": ("ConformanceError",),
    "conformance.observer": ("ObserverConformance",),
    "conformance.recognizer": ("RecognizerConformance",),
    "conformance.rule": ("RuleConformance",),
    "conformance.sink": ("SinkConformance",),
    "conformance.source": ("SourceConformance",),
    "conformance.transform": ("TransformConformance",),
    "drawing": ("DrawnPage", "draw_page"),
    "outputs": ("make_outputs", "recognized_document"),
    "runs": ("reference_to", "run_tables"),
    "scans": ("scanned_pages",),
    "scripted": ("Scripted",),
}
"""The names of each module. Imports are lazy because pytest imports this package in every run."""


def __getattr__(name: str) -> Any:
    for module, names in _NAMES.items():
        if name in names:
            return getattr(importlib.import_module(f"{__name__}.{module}"), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


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
    "RuleConformance",
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
