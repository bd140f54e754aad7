"""What an ALTO file says about itself before its pages: unit, picture, programs and tags."""

from __future__ import annotations

from dataclasses import dataclass, field

from penstock.transcriptions.alto_kinds import KINDS
from penstock.transcriptions.xml_input import Element, local_name

UNITS = {"pixel": None, "mm10": 254.0, "inch1200": 1200.0}
"""Units of measurement, and how many of them make an inch."""


@dataclass
class AltoHead:
    """The description of an ALTO file.

    Parameters
    ----------
    unit
        As the file gives it; empty if it gives none.
    picture
        Name of the picture; empty if the file gives none.
    programs
        Names and versions of the programs that made the text, in the order of the steps.
    tags
        Kinds of regions by the ids of tags.
    order
        Ids of blocks and lines in their reading order, if the file gives one.
    is_own
        Whether penstock wrote the file.
    """

    unit: str = ""
    picture: str = ""
    programs: list[str] = field(default_factory=list)
    tags: dict[str, str] = field(default_factory=dict)
    order: list[str] = field(default_factory=list)
    is_own: bool = False

    def add(self, element: Element) -> None:
        """Add the content of a ``Description``, ``Tags`` or ``ReadingOrder`` element."""
        name = local_name(element)
        if name == "Description":
            self._add_description(element)
        elif name == "Tags":
            for tag in element:
                kind = KINDS.get((tag.get("LABEL") or "").partition(":")[0].lower())
                if tag.get("ID") and kind:
                    self.tags[tag.get("ID")] = kind
        elif name == "ReadingOrder":
            self.order += [ref.get("REF") for ref in element.iter("{*}ElementRef") if ref.get("REF")]

    @property
    def dpi(self) -> float | None:
        """Units per inch; None for pixels."""
        return UNITS.get(self.unit)

    def kind_of(self, block: Element) -> str | None:
        """Return the kind that the tags or the type of a block name; None if they name no known one."""
        for reference in (block.get("TAGREFS") or "").split():
            if reference in self.tags:
                return self.tags[reference]
        return KINDS.get((block.get("TYPE") or "").lower())

    def _add_description(self, element: Element) -> None:
        self.unit = self.unit or _text_of(element, "MeasurementUnit")
        self.picture = self.picture or _text_of(element, "fileName")
        steps = [*element.iter("{*}Processing"), *element.iter("{*}ocrProcessingStep")]
        self.is_own = self.is_own or any(_text_of(step, "softwareName") == "penstock" for step in steps)
        making = [step for step in steps if _text_of(step, "processingCategory") == "contentGeneration"]
        for step in making or steps:
            for software in step.iter("{*}processingSoftware"):
                name, version = _text_of(software, "softwareName"), _text_of(software, "softwareVersion")
                program = f"{name} {version}".strip()
                if program and program not in self.programs:
                    self.programs.append(program)


def _text_of(element: Element, name: str) -> str:
    found = next(element.iter(f"{{*}}{name}"), None)
    return "" if found is None else " ".join((found.text or "").split())
