"""Pictures and PDFs from standard input, and lists of names from standard input or a file."""

from __future__ import annotations

import io
import json
import os
import pty
import signal
import subprocess
from pathlib import Path

import pytest
from PIL import Image

from penstock.cli.file_list import names_in
from penstock.errors import ConfigurationError
from pipelines import double
from processes import environment, penstock, penstock_command

PDF = Path(__file__).parents[1] / "data/pdf"
SCRIPTED = double("scripted:Scripted")


def picture(kind: str) -> bytes:
    buffer = io.BytesIO()
    Image.new("RGB", (60, 40), "white").save(buffer, kind)
    return buffer.getvalue()


@pytest.mark.parametrize("kind", ["JPEG2000", "PDF"])
def test_standard_input_can_be_a_picture_or_a_pdf(tmp_path, kind):
    ended = penstock(tmp_path, "read", "-", "--with", SCRIPTED, "--to", "pdf,json", given=picture(kind))
    assert ended.returncode == 0, ended.stderr
    assert "wrote stdin.pdf" in ended.stderr
    assert (tmp_path / "stdin.pdf").read_bytes().startswith(b"%PDF-")
    assert json.loads((tmp_path / "stdin.json").read_text())["origin"] == "standard input"


def test_standard_input_and_files_together(tmp_path, draw):
    draw("a.png")
    arguments = ("read", "-", "a.png", "--with", SCRIPTED, "--to", "text", "--out", "out")
    ended = penstock(tmp_path, *arguments, given=picture("PNG"))
    assert ended.returncode == 0, ended.stderr
    assert {path.name for path in (tmp_path / "out").iterdir()} == {"stdin.txt", "a.txt"}


@pytest.mark.parametrize(
    ("given", "why"),
    [
        (b"", "is empty"),
        (b"this is no picture", "is not a picture that penstock can read"),
        (picture("PNG")[:-30], "damaged or cut off"),
    ],
)
def test_standard_input_without_a_picture_fails(tmp_path, given, why):
    ended = penstock(tmp_path, "read", "-", "--with", SCRIPTED, "--to", "pdf", given=given)
    assert ended.returncode == 1
    assert f"standard input: {why}" in ended.stderr.replace("the picture is ", "")
    assert not (tmp_path / "stdin.pdf").exists()


def test_endless_input_is_cut_off(tmp_path):
    arguments = ("--with", SCRIPTED, "--set", "sources.0.max_megabytes=3")
    with Path("/dev/zero").open("rb") as endless:
        ended = penstock(tmp_path, "read", "-", *arguments, stdin=endless)
    assert ended.returncode == 1
    assert "is larger than 3 MB" in ended.stderr
    kept = [path for path in (tmp_path / ".cache").rglob("*") if path.is_file() and path.name != "reserve"]
    assert all(path.stat().st_size < 1_000_000 for path in kept)


def test_interrupt_while_waiting_for_standard_input(tmp_path):
    reading, writing = os.pipe()
    command = [*penstock_command(), "read", "-", "--with", SCRIPTED]
    with subprocess.Popen(
        command,
        cwd=tmp_path,
        stdin=reading,
        stderr=subprocess.PIPE,
        env=environment(tmp_path),
    ) as run:
        os.close(reading)
        # Once it has taken so much, it waits for more.
        for _ in range(64):
            os.write(writing, bytes(1 << 16))
        run.send_signal(signal.SIGINT)
        said = run.communicate(timeout=60)[1]
    os.close(writing)
    assert run.returncode == 130, said
    assert b"interrupted" in said
    assert b"Fatal" not in said
    assert not [path for path in tmp_path.rglob("unfinished/*") if path.is_file()]


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["-"], "standard input is a terminal; pipe a picture into it"),
        (["--files-from", "-"], "standard input is a terminal; pipe names into it"),
    ],
)
def test_terminal_is_not_read(tmp_path, arguments, said):
    controller, terminal = pty.openpty()
    try:
        ended = penstock(tmp_path, "read", *arguments, stdin=terminal)
    finally:
        os.close(terminal)
        os.close(controller)
    assert ended.returncode == 2
    assert said in ended.stderr


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["-", "--files-from", "-"], "standard input cannot be a picture and a list of names at once"),
        (["-", "--merge", "x"], "--merge: can merge only files"),
        (["--files-from", "nothere"], "there is no file 'nothere'"),
        (["--files-from", "."], "cannot read ."),
        (["--files-from", "-"], "standard input has no names in it"),
        (["--files-from", "a.png"], "must be a list of names, but a.png is a picture"),
        ([], "Missing argument 'INPUT...'"),
        (["a.png", "--include", ""], "empty pattern"),
        (["a.png", ""], "INPUT: must not be empty; write . for the current folder"),
    ],
)
def test_wrong_arguments_are_refused(tmp_path, draw, arguments, said):
    draw("a.png")
    ended = penstock(tmp_path, "read", *arguments)
    assert ended.returncode == 2
    assert said in ended.stderr


def test_files_from_reads_a_list(tmp_path, draw):
    for name in ("a.png", "box/b.png", "box/drafts/c.png", "#d.png"):
        draw(name)
    (tmp_path / "list").write_text("a.png\r\n\r\nbox\n#d.png\nnot here.png")
    arguments = ("--files-from", "list", "--exclude", "drafts", "--with", SCRIPTED, "--to", "text")
    ended = penstock(tmp_path, "read", *arguments, "--out", "out")
    assert ended.returncode == 1
    assert "failed: not here.png: there is no such file or folder" in ended.stderr
    assert {path.name for path in (tmp_path / "out").iterdir()} == {"a.txt", "b.txt", "#d.txt"}


def test_names_of_any_bytes_can_be_piped(tmp_path, draw):
    names = [b"new\nline.png", b"\xff\xfe.png", b"${HOME}.png", b"~x.png", b" .png"]
    for name in names:
        draw("a.png").rename(tmp_path / os.fsdecode(name))
    arguments = ("--files-from", "-", "--with", SCRIPTED, "--to", "text", "--out", "out")
    ended = penstock(tmp_path, "read", *arguments, given=b"\0".join(names))
    assert ended.returncode == 0, ended.stderr
    assert len(list((tmp_path / "out").iterdir())) == len(names)


@pytest.mark.parametrize(
    ("content", "names"),
    [
        (b"a\nb c\n", ["a", "b c"]),
        (b"a\r\nb\r\n\r\n", ["a", "b"]),
        (b"\xef\xbb\xbfa\nb", ["a", "b"]),
        ("ä\nb\n".encode(), ["ä", "b"]),
        (b"a\nb\0c\0", ["a\nb", "c"]),
        (b" a \n#b\n;c", [" a ", "#b", ";c"]),
    ],
)
def test_names_in_a_list_are_literal(tmp_path, content, names):
    (tmp_path / "list").write_bytes(content)
    assert names_in(str(tmp_path / "list")) == names


@pytest.mark.parametrize("encoding", ["utf-8", "utf-16-le", "utf-16-be", "utf-32-le", "utf-32-be"])
@pytest.mark.parametrize("end", ["\n", "\r\n", "\0"])
def test_list_is_decoded_by_its_byte_order_mark(tmp_path, encoding, end):
    names = ["a.png", "Käthe 1947.png", "手紙.png", "box"]
    (tmp_path / "list").write_bytes("\ufeff".encode(encoding) + end.join([*names, ""]).encode(encoding))
    assert names_in(str(tmp_path / "list")) == names


@pytest.mark.parametrize("mark", [b"", b"\xef\xbb\xbf"])
def test_names_of_files_that_are_not_utf_8_are_kept(tmp_path, monkeypatch, mark):
    monkeypatch.chdir(tmp_path)
    Path(os.fsdecode(b"\xe4.png")).touch()
    Path("list").write_bytes(mark + b"a\n\xe4.png\n")
    assert names_in("list") == ["a", os.fsdecode(b"\xe4.png")]


@pytest.mark.parametrize(
    ("content", "why"),
    [
        ("a.png\n".encode("utf-16-le"), "has a zero byte beside each letter, as UTF-16 does"),
        ("a.png\n".encode("utf-16-be"), "save it as UTF-8"),
        ("a.png\n".encode("utf-16") + b"x", "but has another encoding; save it as UTF-8"),
        ("a.png\nGröße.png\n".encode("cp1252"), "no file has the name 'Gr\ufffd\ufffde.png'; save the list"),
    ],
)
def test_list_in_an_unknown_encoding_is_refused(tmp_path, content, why):
    (tmp_path / "list").write_bytes(content)
    with pytest.raises(ConfigurationError, match=why):
        names_in(str(tmp_path / "list"))


@pytest.mark.parametrize(
    ("name", "why"),
    [
        *(
            (root, "a whole disk or network share")
            for root in ("/", "//", "/./", "/x/..", "C:\\", "c:/", "C:")
        ),
        *(
            (root, "a whole disk or network share")
            for root in ("\\\\server\\share", "\\\\server\\share\\", "\\")
        ),
        *((here, "the current folder") for here in (".", "./", " . ", "box/..", "././")),
        *((above, "a folder above the current one") for above in ("..", "../", "..\t", "./../..")),
    ],
)
def test_list_with_a_root_or_the_current_folder_is_refused(tmp_path, monkeypatch, name, why):
    monkeypatch.chdir(tmp_path)
    Path("list").write_text(f"a.png\n{name}\n")
    with pytest.raises(ConfigurationError, match=f"which is {why}; name files or folders in it"):
        names_in("list")
    Path("list").write_text(f"{tmp_path}")
    with pytest.raises(ConfigurationError, match="the current folder"):
        names_in("list")


def test_windows_powershell_list_is_read(tmp_path, draw):
    draw("a.png")
    (tmp_path / "list").write_bytes("a.png\r\n".encode("utf-16"))
    arguments = ("--files-from", "list", "--with", SCRIPTED, "--to", "text", "--out", "out")
    ended = penstock(tmp_path, "read", *arguments)
    assert ended.returncode == 0, ended.stderr
    assert [path.name for path in (tmp_path / "out").iterdir()] == ["a.txt"]


def test_list_of_blank_lines_is_refused(tmp_path):
    (tmp_path / "list").write_bytes(b"\n \n\r\n")
    with pytest.raises(ConfigurationError, match="has no names in it"):
        names_in(str(tmp_path / "list"))
