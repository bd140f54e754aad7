"""Digests of what is drawn on the pages of a PDF.

A page keeps its digest when other pages are added or removed, when the title is set, and when the file is
saved anew: object numbers, compression and metadata do not count. Everything counts that a viewer may draw:
content streams, the resources that they name, boxes, annotations, and which layers are shown.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Collection, Iterator
from decimal import Decimal

import pikepdf
from pikepdf import Array, Dictionary, Name, Object, Stream

from penstock.pdf.drawing_cost import MAX_OPERATOR_BYTES
from penstock.pdf.layers import Layers
from penstock.pdf.stream_data import data_digest, operators

DIGEST_SIZE = 16
"""Bytes of a page's digest."""
MAX_OBJECTS = 200_000
"""Objects that one page may be made of. A page with more has no digest."""
MAX_LEVELS = 32
"""Levels of the tree of pages, or of form fields, that a page or field takes attributes from."""

_NAME = re.compile(rb"/([^\x00\s()<>\[\]{}/%]*)")
_ESCAPE = re.compile(rb"#([0-9A-Fa-f]{2})")
_IMPLIED = frozenset({b"DefaultGray", b"DefaultRGB", b"DefaultCMYK"})
"""Colour spaces that no operator names."""

# Keys that say nothing about what is drawn, of any object and of some.
_NOT_DRAWN = frozenset(("/Metadata", "/PieceInfo", "/LastModified", "/StructParent", "/StructParents"))
_NOT_OF_STREAMS = _NOT_DRAWN | {"/Length", "/DL", "/Resources", "/OPI"}
_NOT_OF_PAGES = _NOT_DRAWN | frozenset(
    [
        "/Type",
        "/Parent",
        "/Contents",
        "/Resources",
        "/Annots",
        "/MediaBox",
        "/CropBox",
        "/Rotate",
        "/TrimBox",
        "/BleedBox",
        "/ArtBox",
        "/Thumb",
        "/Tabs",
        "/B",
        "/Dur",
        "/Trans",
        "/AA",
        "/ID",
        "/PZ",
        "/VP",
        "/SeparationInfo",
        "/DPart",
        "/TemplateInstantiated",
        "/PresSteps",
    ]
)
_NOT_OF_ANNOTATIONS = _NOT_DRAWN | frozenset(
    [
        "/Type",
        "/Parent",
        "/P",
        "/A",
        "/AA",
        "/Dest",
        "/NM",
        "/M",
        "/CreationDate",
        "/Popup",
        "/IRT",
        "/RT",
        "/T",
        "/Subj",
        "/TU",
        "/TM",
        "/Kids",
    ]
)
_OF_FIELDS = ("/FT", "/V", "/Ff", "/DA", "/Q", "/Opt", "/MaxLen")
_OF_FORMS = ("/DA", "/DR", "/NeedAppearances", "/Q")


class PageDigests:
    """Digests the pages of an open PDF. Each shared resource is read once."""

    def __init__(self, pdf: pikepdf.Pdf) -> None:
        self._pdf, self._layers = pdf, Layers(pdf)
        self._known: dict[tuple[int, int], bytes] = {}
        # Of the page being digested: how many objects were met, which contain the present one, and which of
        # these contain themselves.
        self._met = 0
        self._around: list[tuple[int, int]] = []
        self._looped: set[tuple[int, int]] = set()

    def of(self, index: int) -> bytes | None:
        """Return the digest of a page, counted from 0; None if it cannot be digested."""
        self._met, self._around, self._looped = 0, [], set()
        try:
            return self._page(self._pdf.pages[index].obj)
        except (
            _NoDigest,
            pikepdf.PdfError,
            ArithmeticError,
            LookupError,
            RuntimeError,
            TypeError,
            ValueError,
        ):
            return None

    def _page(self, page: Object) -> bytes:
        contents = page.get("/Contents")
        streams = list(contents) if isinstance(contents, Array) else [contents]
        parts = [operators(each, MAX_OPERATOR_BYTES) for each in streams if isinstance(each, Stream)]
        drawn = [part.rstrip() for part in parts if part is not None]
        if len(drawn) < len(parts):
            raise _NoDigest
        # Some programs join the streams of a page, with a line break between them.
        content = b"\n".join(drawn)
        return _digest(
            b"page",
            content,
            *(self._of(_inherited(page, key)) for key in ("/MediaBox", "/CropBox", "/Rotate")),
            self._resources(content, _inherited(page, "/Resources")),
            self._entries(page, _NOT_OF_PAGES),
            *self._annotations(page),
        )

    def _annotations(self, page: Object) -> Iterator[bytes]:
        annotations = page.get("/Annots")
        for annotation in annotations if isinstance(annotations, Array) else ():
            if isinstance(annotation, Dictionary) and annotation.get("/Subtype") != Name.Popup:
                yield self._entries(annotation, _NOT_OF_ANNOTATIONS)
                if annotation.get("/Subtype") == Name.Widget:
                    yield self._field(annotation)

    def _field(self, widget: Object) -> bytes:
        """Digest what a widget takes from the form field above it and from the form."""
        form = self._pdf.Root.get("/AcroForm")
        of_form = [form.get(key) for key in _OF_FORMS] if isinstance(form, Dictionary) else []
        return _digest(
            b"field",
            *(self._of(value) for value in [_inherited(widget, key) for key in _OF_FIELDS] + of_form),
        )

    def _resources(self, content: bytes | None, resources: Object | None) -> bytes:
        """Digest the resources that a content stream names; all of them if it could not be decoded."""
        names = None if content is None else _names(content)
        parts = [b"resources"]
        for category, members in sorted(resources.items()) if isinstance(resources, Dictionary) else ():
            for name, member in sorted(members.items()) if isinstance(members, Dictionary) else ():
                if names is None or _unescaped(_bytes(name)[1:]) in names:
                    parts += [_bytes(category), _bytes(name), self._of(member, resources)]
        return _digest(*parts)

    def _of(self, value: object, resources: Object | None = None) -> bytes:
        """Return the digest of an object; ``resources`` are those of the content stream that names it."""
        if not (isinstance(value, Object) and value.is_indirect):
            return self._digest_of(value, resources)
        number = value.objgen
        if number in self._known:
            return self._known[number]
        if number in self._around:
            # An object within itself. The digests of those in between depend on where the walk began.
            self._looped.update(self._around[self._around.index(number) :])
            return b"itself"
        self._around.append(number)
        digest = self._digest_of(value, resources)
        self._around.pop()
        if number not in self._looped and not _borrows(value):
            self._known[number] = digest
        return digest

    def _digest_of(self, value: object, resources: Object | None) -> bytes:
        self._met += 1
        if self._met > MAX_OBJECTS:
            raise _NoDigest
        if isinstance(value, Stream):
            return self._stream(value, resources)
        if isinstance(value, Dictionary):
            if value.get("/Type") == Name.OCG:
                return _digest(b"layer", self._layers.state(value), self._of(value.get("/Usage")))
            return self._entries(value, _NOT_DRAWN)
        if isinstance(value, Array):
            return _digest(b"array", *(self._of(item) for item in value))
        if isinstance(value, int | Decimal):  # a bool is an int
            return _digest(b"number", str(Decimal(value).normalize()).encode())
        if isinstance(value, pikepdf.String):
            return _digest(b"string", bytes(value))
        return _digest(b"name", _bytes(str(value)))

    def _entries(self, value: Object, left_out: Collection[str]) -> bytes:
        parts = [b"dictionary"]
        for key, member in sorted(value.items()):
            if key not in left_out:
                parts += [_bytes(key), self._of(member)]
        return _digest(*parts)

    def _stream(self, stream: Stream, resources: Object | None) -> bytes:
        data, packing = data_digest(stream, DIGEST_SIZE)
        parts = [b"stream", data, self._entries(stream, _NOT_OF_STREAMS | packing)]
        if "/Resources" in stream or stream.get("/Subtype") == Name.Form:
            content = operators(stream, MAX_OPERATOR_BYTES)
            parts.append(self._resources(content, stream.get("/Resources", resources)))
        return _digest(*parts)


class _NoDigest(Exception):
    """A page cannot be digested: it is damaged, or made of too many objects."""


def _inherited(node: Object, key: str) -> Object | None:
    """Return an attribute of a page or form field, or of the nearest node above that has it."""
    for _ in range(MAX_LEVELS):
        if key in node:
            return node.get(key)
        parent = node.get("/Parent")
        if not isinstance(parent, Dictionary):
            break
        node = parent
    return None


def _borrows(value: Object) -> bool:
    """Return whether a form has no resources: it uses those of the content stream that draws it."""
    return isinstance(value, Stream) and value.get("/Subtype") == Name.Form and "/Resources" not in value


def _names(content: bytes) -> set[bytes]:
    """Return all names in operators, and in their texts: some too many do no harm."""
    return {_unescaped(match) for match in _NAME.findall(content)} | _IMPLIED


def _unescaped(name: bytes) -> bytes:
    return _ESCAPE.sub(lambda match: bytes([int(match[1], 16)]), name)


def _bytes(text: str) -> bytes:
    return text.encode("utf-8", "surrogateescape")


def _digest(*parts: bytes) -> bytes:
    hasher = hashlib.blake2b(digest_size=DIGEST_SIZE)
    for part in parts:
        hasher.update(len(part).to_bytes(8) + part)
    return hasher.digest()
