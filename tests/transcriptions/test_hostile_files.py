"""Files with text that are damaged or made to do harm."""

from __future__ import annotations

import socket
import threading
from pathlib import Path

import pytest

from penstock.errors import InvalidTranscription
from penstock.transcriptions.reading import read_transcription

HOSTILE = Path(__file__).parents[3] / "shared" / "exchange" / "hostile"
ALTO = (
    '<alto><Layout><Page WIDTH="1000" HEIGHT="1400">'
    '<TextLine HPOS="1" VPOS="1" WIDTH="90" HEIGHT="9">'
    '<String CONTENT="{}" HPOS="1" VPOS="1" WIDTH="90" HEIGHT="9"/>'
    "</TextLine></Page></Layout></alto>"
)
HOCR = (
    "<html><body><div class='ocr_page' title='bbox 0 0 1000 1400'>"
    "<span class='ocr_line' title='bbox 1 1 90 9'>{}</span></div></body></html>"
)
PAGE = (
    '<PcGts><Page imageWidth="1000" imageHeight="1400"><TextRegion><TextLine>'
    '<Coords points="1,1 90,1 90,9 1,9"/>'
    "<TextEquiv><Unicode>{}</Unicode></TextEquiv></TextLine></TextRegion></Page></PcGts>"
)
FORMATS = pytest.mark.parametrize("form", [ALTO, HOCR, PAGE], ids=["alto", "hocr", "page"])


@pytest.fixture
def read(tmp_path):
    """Return a function that reads a file with the given bytes or text."""

    def read_bytes(content: str | bytes):
        path = tmp_path / "page.xml"
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        return list(read_transcription(path))

    return read_bytes


def text_of(pages) -> str:
    return "\n".join(page.recognition.text for page in pages)


@pytest.fixture
def listener():
    """Return a listening socket, and the connections it got."""
    connections = []
    with socket.create_server(("127.0.0.1", 0)) as server:

        def accept():
            try:
                while True:
                    connections.append(server.accept()[0])
            except OSError:
                return

        threading.Thread(target=accept, daemon=True).start()
        yield server.getsockname()[1], connections
    for connection in connections:
        connection.close()


@FORMATS
@pytest.mark.parametrize(
    "declarations",
    [
        '<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;&a;&a;">',
        '<!ENTITY b SYSTEM "canary.txt">',
        '<!ENTITY % b SYSTEM "http://127.0.0.1:{port}/b.ent"> %b;',
    ],
)
def test_entities_are_refused_unread(read, tmp_path, listener, form, declarations):
    port, connections = listener
    (tmp_path / "canary.txt").write_text("CANARY")
    declarations = declarations.replace("{port}", str(port))
    with pytest.raises(InvalidTranscription, match="declares entities"):
        read(f"<!DOCTYPE x [{declarations}]>" + form.format("good &b;"))
    assert not connections


@FORMATS
def test_entities_behind_a_long_comment_are_not_read(read, tmp_path, form):
    """The document type is not found in the start of the file, and the parser must not act on it."""
    (tmp_path / "canary.txt").write_text("CANARY")
    comment = f"<!--{'-x' * 50_000}-->"
    try:
        text = text_of(
            read(f'{comment}<!DOCTYPE x [<!ENTITY b SYSTEM "canary.txt">]>' + form.format("good &b;"))
        )
    except InvalidTranscription:
        return
    assert "CANARY" not in text


@FORMATS
@pytest.mark.parametrize("name", ["http://127.0.0.1:{port}/x.dtd", "canary.txt"])
def test_external_document_types_are_not_fetched(read, tmp_path, listener, form, name):
    port, connections = listener
    (tmp_path / "canary.txt").write_text('<!ENTITY b "CANARY">')
    address = name.replace("{port}", str(port))
    assert text_of(read(f'<!DOCTYPE x PUBLIC "-//X" "{address}">' + form.format("good"))) == "good"
    assert not connections


def test_xinclude_is_not_followed(read, tmp_path):
    (tmp_path / "canary.txt").write_text("CANARY")
    include = '<xi:include xmlns:xi="http://www.w3.org/2001/XInclude" href="canary.txt" parse="text"/>'
    assert "CANARY" not in text_of(read(HOCR.format(f"good {include}")))


@FORMATS
def test_deep_nesting_is_refused(read, form):
    start, end = ("<x>" * 5000, "</x>" * 5000)
    with pytest.raises(
        InvalidTranscription, match=r"exceeds a limit in line 1 .*at most 256 nested elements"
    ):
        read(
            form.format("good").replace("<TextLine", start + "<TextLine").replace("<span", start + "<span")
            + end
        )


def test_endless_texts_are_refused(read):
    with pytest.raises(InvalidTranscription, match=r"exceeds a limit .* 10 million characters"):
        read(HOCR.format("x" * 11_000_000))


@FORMATS
@pytest.mark.parametrize(
    ("encoding", "declared"),
    [
        ("utf-8", "UTF-8"),
        ("utf-8-sig", "UTF-8"),
        ("utf-16", "UTF-16"),
        ("utf-16", "UTF-8"),
        ("utf-16-le", "UTF-16"),
        ("utf-16-be", "UTF-8"),
        ("utf-8", "UTF-16"),
        ("utf-8", "ISO-8859-1"),
        ("cp1252", "ISO-8859-1"),
        ("cp1252", "windows-1252"),
        ("cp1252", "UTF-8"),
        ("utf-8", "none such"),
        ("shift_jis", "Shift_JIS"),
    ],
)
def test_encodings(read, form, encoding, declared):
    text = "日本 abc" if encoding == "shift_jis" else "“Über” Ærø"
    content = f'<?xml version="1.0" encoding="{declared}"?>\n' + form.format(text)
    assert text_of(read(content.encode(encoding))) == text


@FORMATS
def test_single_bytes_of_another_encoding(read, form):
    content = form.format("Größe | caf@ | 5 ~").encode().replace(b"@", b"\xe9").replace(b"~", b"\x80")
    assert text_of(read(content)) == "Größe | café | 5 €"


@FORMATS
@pytest.mark.parametrize(
    ("written", "expected"),
    [
        ("a\x00b\x07c\x0bd", "abcd"),
        ("a&#0;b&#xD800;c&#x110000;d&#99999999999999;e", "abcde"),
        ("a &nbsp; b &eacute;", "a b é"),
        ("R&D &amp; &unknown; & so", "R&D & &unknown; & so"),
        ("&lt;script&gt;", "<script>"),
    ],
)
def test_characters_that_xml_forbids(read, form, written, expected):
    assert " ".join(text_of(read(form.format(written))).split()) == expected


@FORMATS
def test_references_across_chunks(read, form):
    """Files are read in chunks of 65,536 bytes. One of the references is cut in two."""
    words = [f"w{'x' * (index % 7)}&eacute;" for index in range(5600)]
    text = " ".join(words)
    assert text_of(read(form.format(text) + "\x00")) == text.replace("&eacute;", "é")


@FORMATS
def test_truncated_files(read, form):
    whole = form.format("good")
    start = whole[: whole.index("</TextLine>" if "</TextLine>" in whole else "</span>")]
    second = start[start.index("<TextLine" if "<TextLine" in start else "<span") :].replace("good", "second")
    first = start + ("</TextLine>" if "<TextLine" in start else "</span>")
    try:
        (page,) = read(first + second[:-12])
    except InvalidTranscription as error:
        assert "cut" in str(error) or "well-formed" in str(error)  # noqa: PT017
        return
    assert page.recognition.lines[0].text == "good"
    assert any("may be missing" in problem for problem in page.problems), page.problems


@pytest.mark.parametrize(
    "content", [b"\x00" * 100, b"<", b"<alto", b"<alto>", b"<html>", b"\xff\xfe", b"{", b"[]"]
)
def test_rubbish_is_refused(read, content):
    with pytest.raises(InvalidTranscription, match=r"page\.xml: "):
        read(content)


def test_markup_behind_the_end_is_ignored(read):
    assert text_of(read(ALTO.format("good") + "<alto/>trailing")) == "good"


def test_foreign_namespaces(read):
    content = ALTO.format("good").replace("<alto>", '<a:alto xmlns:a="urn:a" xmlns="urn:b" xmlns:b="urn:b">')
    assert text_of(read(content.replace("</alto>", "</a:alto>").replace("String", "b:String"))) == "good"


def test_a_page_larger_than_the_limit_is_refused(read, monkeypatch):
    monkeypatch.setattr("penstock.transcriptions.xml_input.LARGEST_PAGE", 200_000)
    line = ALTO[ALTO.index("<TextLine") : ALTO.index("</Page>")].format("x")
    with pytest.raises(InvalidTranscription, match="has a page of more than"):
        read(ALTO.format("good").replace("</Page>", line * 3000 + "</Page>"))


def test_many_pages_are_not_one_large_page(read, monkeypatch):
    monkeypatch.setattr("penstock.transcriptions.xml_input.LARGEST_PAGE", 200_000)
    page = HOCR[HOCR.index("<div") : HOCR.index("</body>")].format("x" * 1000)
    assert len(read(HOCR.format("good").replace("</body>", page * 1000 + "</body>"))) == 1001


@pytest.mark.skipif(not HOSTILE.exists(), reason="the folder is not part of the repository")
@pytest.mark.parametrize("path", sorted(HOSTILE.glob("[0-9]*")), ids=lambda path: path.name)
def test_shared_hostile_files(path):
    try:
        pages = list(read_transcription(path))
    except InvalidTranscription as error:
        assert error.hint  # noqa: PT017
        return
    text = text_of(pages)
    assert "CANARY" not in text.upper()
    if "bad-boxes" in path.name:
        assert "good" in text
        assert pages[0].problems
