"""Which layers (optional content groups) of a PDF are shown when it is opened."""

from __future__ import annotations

from collections.abc import Iterator

import pikepdf
from pikepdf import Array, Dictionary, Object


class Layers:
    """The default configuration of a PDF's layers (ISO 32000-1, 8.11.4.3)."""

    def __init__(self, pdf: pikepdf.Pdf) -> None:
        properties = pdf.Root.get("/OCProperties")
        default = properties.get("/D") if isinstance(properties, Dictionary) else None
        self._default = default if isinstance(default, Dictionary) else Dictionary()

    def state(self, layer: Object) -> bytes:
        """Return what decides whether a layer is shown: equal for equal decisions, not for reading."""
        listed = [_contains(self._default.get(key), layer) for key in ("/ON", "/OFF")]
        return repr([str(self._default.get("/BaseState")), *listed, *self._automatic(layer)]).encode()

    def _automatic(self, layer: Object) -> Iterator[str]:
        """Yield the uses of the PDF, such as viewing or printing, that show or hide a layer."""
        uses = self._default.get("/AS")
        for use in uses if isinstance(uses, Array) else ():
            if isinstance(use, Dictionary) and _contains(use.get("/OCGs"), layer):
                yield f"{use.get('/Event')} {use.get('/Category')}"


def _contains(layers: Object | None, layer: Object) -> bool:
    return isinstance(layers, Array) and any(
        isinstance(each, Object) and each.objgen == layer.objgen for each in layers
    )
