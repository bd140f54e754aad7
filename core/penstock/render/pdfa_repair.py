"""Repair what keeps an existing PDF from being PDF/A-2b, without a change to what its pages show.

pikepdf does most repairs: one output intent, no interpolation of pictures, the print flag of annotations, the
base encoding of TrueType fonts, and XMP metadata with the properties that PDF/A knows. It would also remove
hidden annotations and scripts; PDFs with those are left alone. Entries that PDF/A or its check does not know,
and that no page shows, are removed here, and fonts of invisible text are embedded.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import NamedTuple

import pikepdf
from pikepdf import Array, Dictionary, Name, Stream, String

from penstock.render import pdfa
from penstock.render.empty_fonts import CHANGED, embed, fonts_to_embed
from penstock.render.pdf_claims import claims_another_standard
from penstock.render.pdfa_obstacles import CHECK_MISSING, HIDDEN_NOTES, OTHER_STANDARD, SCRIPTS, Obstacle
from penstock.render.pdfa_validator import validator

NOT_SHOWN = 1 | 2 | 32 | 256
"""Annotation flags Invisible, Hidden, NoView and ToggleNoView (ISO 32000-1, table 165)."""
REMOVED_NAMES = (Name.JavaScript, Name.AlternatePresentations)
"""Entries of the name dictionary that pikepdf removes."""
INFORMATION = (
    "/Title",
    "/Author",
    "/Subject",
    "/Keywords",
    "/Creator",
    "/Producer",
    "/CreationDate",
    "/ModDate",
)
PRODUCER, METADATA_DATE = "pdf:Producer", "xmp:MetadataDate"


class _Entry(NamedTuple):
    """An entry of an object and its value before the repair; None if the object did not have it."""

    holder: pikepdf.Object
    key: Name
    value: pikepdf.Object | None


class Repair:
    """The repair of an open PDF, which can be undone."""

    def __init__(self, pdf: pikepdf.Pdf) -> None:
        self._pdf = pdf
        self._before: list[_Entry] = []

    def obstacles(self) -> Sequence[Obstacle]:
        """Return why the PDF must not be repaired; empty if it may be."""
        found = []
        if any(_flags(note) & NOT_SHOWN for note in _annotations(self._pdf)):
            found.append(HIDDEN_NOTES)
        names = self._pdf.Root.get(Name.Names)
        if isinstance(names, Dictionary) and any(name in names for name in REMOVED_NAMES):
            found.append(SCRIPTS)
        if claims_another_standard(self._pdf):
            found.append(OTHER_STANDARD)
        return found

    def apply(self) -> Sequence[Obstacle]:
        """Repair the PDF. Returns an obstacle if the packages for that are not installed."""
        try:
            validator()  # imports the packages without the slow one
            from pikepdf.pdfa import prepare
        except ImportError:
            return [CHECK_MISSING]
        pdf = self._pdf
        fonts = fonts_to_embed(pdf)
        self._before = list(_entries(pdf))
        self._before += [_Entry(font, key, font.get(key)) for font in fonts for key in CHANGED]
        producer, made = pdf.docinfo.get(Name.Producer), _values(pdf)
        for entry in _removable(pdf):
            del entry.holder[entry.key]
        _make_titles_direct(pdf)
        for font in fonts:
            embed(pdf, font)
        profile, condition = _output_intent(pdf)
        try:
            prepare(pdf, pdfa.FLAVOUR, output_intent=profile, output_condition_identifier=condition)
        except ValueError:  # the PDF's own colour profile cannot be used
            prepare(pdf, pdfa.FLAVOUR, output_intent=pdfa.srgb_profile(), output_condition_identifier="sRGB")
        _set(_Entry(pdf.docinfo, Name.Producer, producer))
        _set_values(pdf, made or {PRODUCER: str(producer) if producer is not None else None})
        return []

    def undo(self) -> None:
        """Give the PDF the entries that it had before `apply`."""
        for entry in reversed(self._before):
            _set(entry)


def _entries(pdf: pikepdf.Pdf) -> Iterator[_Entry]:
    """Yield every entry that the repair may change."""
    yield from _removable(pdf)
    for name in (Name.Metadata, Name.OutputIntents):
        yield _Entry(pdf.Root, name, pdf.Root.get(name))
    for key in INFORMATION:
        yield _Entry(pdf.docinfo, Name(key), pdf.docinfo.get(key))
    for note in _annotations(pdf):
        yield _Entry(note, Name.F, note.get(Name.F))
    for each in pdf.objects:
        if isinstance(each, Stream) and Name.Interpolate in each:
            yield _Entry(each, Name.Interpolate, each[Name.Interpolate])
        elif (
            isinstance(each, Dictionary) and each.get(Name.Subtype) == Name.TrueType and Name.Encoding in each
        ):
            yield _Entry(each, Name.Encoding, each[Name.Encoding])


def _set(entry: _Entry) -> None:
    if entry.value is not None:
        entry.holder[entry.key] = entry.value
    elif entry.key in entry.holder:
        del entry.holder[entry.key]


def _annotations(pdf: pikepdf.Pdf) -> Iterator[Dictionary]:
    for page in pdf.pages:
        notes = page.obj.get(Name.Annots)
        yield from (
            (note for note in notes if isinstance(note, Dictionary)) if isinstance(notes, Array) else ()
        )


def _flags(note: Dictionary) -> int:
    flags = note.get(Name.F, 0)
    return flags if isinstance(flags, int) else 0


def _removable(pdf: pikepdf.Pdf) -> list[_Entry]:
    """Return the entries to remove. Without them, all pages look the same.

    They are the zoom that the PDF opens its first page with, a form without fields (the check refuses every
    form), programs' private data, metadata of single pictures, thumbnails of pages, and empty transitions
    between pages, which reportlab writes.
    """
    root = pdf.Root
    found = [(root, Name.OpenAction)] if _opens_first_page(pdf) else []
    form = root.get(Name.AcroForm)
    if isinstance(form, Dictionary) and "/XFA" not in form and _is_empty(form.get(Name.Fields, Array())):
        found.append((root, Name.AcroForm))
    for each in pdf.objects:
        if isinstance(each, Dictionary | Stream):
            found += [(each, name) for name in (Name.PieceInfo, Name.Thumb) if name in each]
            if _is_empty(each.get(Name.Trans)):
                found.append((each, Name.Trans))
            if each.get(Name.Subtype) in (Name.Image, Name.Form) and Name.Metadata in each:
                found.append((each, Name.Metadata))
    return [_Entry(holder, key, holder[key]) for holder, key in found]


def _is_empty(value: object) -> bool:
    if isinstance(value, Array):
        return not len(value)
    return isinstance(value, Dictionary) and not value.keys()


def _opens_first_page(pdf: pikepdf.Pdf) -> bool:
    """Return whether all that the PDF does when it is opened is to show its first page."""
    action = pdf.Root.get(Name.OpenAction)
    if isinstance(action, Dictionary) and action.get(Name.S) == Name.GoTo and Name.Next not in action:
        action = action.get(Name.D)
    if not isinstance(action, Array) or not len(action) or not isinstance(action[0], Dictionary):
        return False
    return bool(action[0].objgen == pdf.pages[0].obj.objgen)


def _has_indirect_title(each: pikepdf.Object) -> bool:
    title = each.get(Name.Title) if isinstance(each, Dictionary) else None
    return isinstance(title, String) and title.is_indirect


def _make_titles_direct(pdf: pikepdf.Pdf) -> None:
    """Move titles of bookmarks into the bookmarks: the check does not look at other objects."""
    for each in pdf.objects:
        if _has_indirect_title(each):
            each[Name.Title] = String(bytes(each[Name.Title]))


def _output_intent(pdf: pikepdf.Pdf) -> tuple[bytes, str]:
    """Return the colour profile for the output intent and its name: the PDF's own, else sRGB."""
    intents = pdf.Root.get(Name.OutputIntents)
    for intent in intents if isinstance(intents, Array) else ():
        profile = intent.get(Name.DestOutputProfile) if isinstance(intent, Dictionary) else None
        if isinstance(profile, Stream):
            return profile.read_bytes(), str(intent.get(Name.OutputConditionIdentifier, "Custom"))
    return pdfa.srgb_profile(), "sRGB"


def _values(pdf: pikepdf.Pdf) -> dict[str, str | None]:
    """Return the program and time of the XMP metadata; empty if there are no metadata."""
    if Name.Metadata not in pdf.Root:
        return {}
    metadata = pdf.open_metadata()
    return {key: metadata.get(key) for key in (PRODUCER, METADATA_DATE)}


def _set_values(pdf: pikepdf.Pdf, values: dict[str, str | None]) -> None:
    """Set the program and time of the XMP metadata, in which pikepdf has noted itself."""
    with pdf.open_metadata(set_pikepdf_as_editor=False, update_docinfo=False) as metadata:
        for key in (PRODUCER, METADATA_DATE):
            if (value := values.get(key)) is not None:
                metadata[key] = value
            else:
                del metadata[key]
