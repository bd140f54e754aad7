"""The files source reads objects of a bucket: which ones, in which order, and what happens if that fails."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

import penstock as penstock_api
from penstock.errors import StorageError
from penstock.model import Document, Page, Problem
from penstock.spool import Spool
from penstock.testing import Scripted
from penstock_plugins.sources.files import Files
from pipelines import double
from processes import penstock
from storage.conftest import forget_connections
from storage.s3 import Bucket, Request, S3Server, gate

Found = list[Document | Problem]
Find = Callable[..., Found]
Picture = Callable[[str], bytes]
SCRIPTED = double("scripted:Scripted")


@pytest.fixture
def spool(tmp_path: Path) -> Spool:
    return Spool(tmp_path / "state" / "spool")


@pytest.fixture
def picture(draw: Callable[..., Path]) -> Picture:
    return lambda text: draw(f"{text}.png", text=text).read_bytes()


@pytest.fixture
def find(bucket: Bucket, spool: Spool) -> Find:
    """Return what the source finds at a path below the bucket, with the pages of each document."""

    def found(*paths: str, said: list[str] | None = None, **options: Any) -> Found:
        source = Files([f"{bucket.address}/{path}" for path in paths], **options)
        shown = said if said is not None else []
        return [_read(item) for item in source.find_documents(shown.append, spool)]

    return found


def _read(item: Document | Problem) -> Document | Problem:
    if isinstance(item, Document):
        return Document(item.name, item.origin, list(item.pages), item.folder, item.beside)
    return item


def names(items: Found) -> list[str]:
    return [f"{item.folder}/{item.name}".lstrip("/") for item in items if isinstance(item, Document)]


def pages(items: Found) -> list[Page]:
    return [
        page for item in items if isinstance(item, Document) for page in item.pages if isinstance(page, Page)
    ]


def problems(items: Found) -> list[str]:
    inner = [each for item in items if isinstance(item, Document) for each in item.pages]
    return [str(each) for each in [*items, *inner] if isinstance(each, Problem)]


@pytest.fixture
def letters(bucket: Bucket, picture: Picture) -> Bucket:
    keys = [
        "box/page10.png",
        "box/page2.png",
        "box/b/x.png",
        "box/.hidden.png",
        "box/c/page2.png",
        "other.png",
    ]
    for key in keys:
        bucket.put(key, picture(key.replace("/", " ")))
    bucket.put("box/notes.txt", b"x")
    bucket.put("box/@eadir/thumb.png", b"x")
    bucket.put("box/", b"")  # as consoles store an empty folder
    return bucket


def test_a_folder_is_walked_in_natural_order_with_subfolders(letters: Bucket, find: Find) -> None:
    said: list[str] = []
    found = find("box/", said=said)
    assert names(found) == ["b/x", "c/page2", "page2", "page10"]
    (first, *_) = found
    assert isinstance(first, Document)
    assert (first.origin, first.beside) == (f"{letters.address}/box/b/x.png", None)
    assert [page.picture.url for page in pages(found)][:1] == [f"{letters.address}/box/b/x.png"]
    assert said == [f"passed over 1 folder of thumbnails or deleted files: {letters.address}/box/@eadir"]


@pytest.mark.parametrize(
    ("path", "options", "expected"),
    [
        ("", {}, ["box/b/x", "box/c/page2", "box/page2", "box/page10", "other"]),
        ("box/*.png", {}, ["page2", "page10"]),
        ("**/page2.*", {}, ["box/c/page2", "box/page2"]),
        ("b?x/**/*.png", {"exclude": ("page10*",)}, ["box/b/x", "box/c/page2", "box/page2"]),
        ("box", {"include": ("b/**",)}, ["b/x"]),
        ("box/b/x.png", {}, ["x"]),
        ("box/notes.txt", {}, ["notes"]),
    ],
)
def test_globs_and_patterns_select_objects(
    path: str, options: dict[str, Any], expected: list[str], letters: Bucket, find: Find
) -> None:
    assert names(find(path, **options)) == expected


def test_an_object_whose_name_looks_like_a_glob(bucket: Bucket, find: Find, picture: Picture) -> None:
    bucket.put("scan[1].png", picture("a"))
    assert names(find("scan[1].png")) == ["scan[1]"]


def test_an_object_and_a_folder_can_have_the_same_name(bucket: Bucket, find: Find, picture: Picture) -> None:
    bucket.put("box", picture("lid"))
    bucket.put("box/a.png", picture("above"))
    bucket.put("box/a.png/b.png", picture("below"))
    assert names(find("box/")) == ["a", "a.png/b"]
    assert names(find("box")) == ["box"]


def test_folders_and_all_objects_become_documents(letters: Bucket, find: Find) -> None:
    by_folder = find("box", document="folder")
    assert names(by_folder) == ["b", "c", "box"]
    assert [page.number for page in pages(by_folder)] == [1, 1, 1, 2]
    assert next(item.origin for item in by_folder if isinstance(item, Document)) == f"{letters.address}/box/b"
    (document,) = find("box/page*", "box/page2.png", document="all", document_name="diary")
    assert names([document]) == ["diary"]
    assert [page.origin.rpartition("/")[2] for page in pages([document])] == ["page2.png", "page10.png"]


def test_unchanged_objects_are_not_downloaded_again(
    letters: Bucket,
    s3: S3Server,
    find: Find,
    picture: Picture,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    asked: list[str] = []

    def note(request: Request) -> None:
        if request.method == "GET" and "list-type" not in request.path:
            asked.append(request.path.partition("?")[0].partition("/box/")[2])

    with gate(s3, note) as url:
        monkeypatch.setenv("AWS_ENDPOINT_URL", url)
        forget_connections()
        first = find("box")
        assert sorted(asked) == ["b/x.png", "c/page2.png", "page10.png", "page2.png"]
        asked.clear()
        assert find("box") == first
        assert asked == []
        letters.put("box/page2.png", picture("another"))
        changed = find("box")
        assert asked == ["page2.png"]
        assert pages(changed)[2].picture.path != pages(first)[2].picture.path


def test_objects_that_cannot_be_downloaded_fail_alone(
    letters: Bucket, s3: S3Server, find: Find, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(request: Request) -> tuple[int, str] | None:
        if request.method == "GET" and "/box/page2.png" in request.path:
            return (403, "AccessDenied")
        if request.method == "GET" and "/box/b/x.png" in request.path:
            letters.delete("box/b/x.png")  # between the listing and the download
        return None

    with gate(s3, fail) as url:
        monkeypatch.setenv("AWS_ENDPOINT_URL", url)
        forget_connections()
        found = find("box")
    assert names(found) == ["b/x", "c/page2", "page2", "page10"]
    assert [page.origin for page in pages(found)] == [
        f"{letters.address}/box/c/page2.png",
        f"{letters.address}/box/page10.png",
    ]
    vanished, forbidden = problems(found)
    assert vanished == f"{letters.address}/box/b/x.png: does not exist (correct the address)"
    assert forbidden.startswith(f"{letters.address}/box/page2.png: access is forbidden")


def test_a_bucket_or_folder_that_cannot_be_listed(bucket: Bucket, find: Find, spool: Spool) -> None:
    (problem,) = problems(find("letters"))
    assert problem == f"{bucket.address}/letters: does not exist (correct the address)"
    (missing,) = Files("s3://no-such-bucket/x").find_documents(print, spool)
    assert str(missing) == "s3://no-such-bucket/: does not exist (create it, or correct the address)"


def test_an_object_that_is_replaced_while_it_is_read_is_read_again(
    bucket: Bucket, s3: S3Server, find: Find, picture: Picture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("penstock.storage.objects.PIECE", 100)
    new = picture("a new scan, which is longer")
    bucket.put("a.png", picture("old"))

    def replace(request: Request) -> None:
        if request.headers.get("Range", "").startswith("bytes=100-"):
            bucket.put("a.png", new)

    with gate(s3, replace) as url:
        monkeypatch.setenv("AWS_ENDPOINT_URL", url)
        forget_connections()
        (page,) = pages(find("a.png"))
    assert page.picture.path.read_bytes() == new


def test_a_service_that_is_gone_stops_the_source(
    bucket: Bucket, spool: Spool, picture: Picture, monkeypatch: pytest.MonkeyPatch
) -> None:
    from penstock.errors import StorageUnreachable

    for number in range(20):
        bucket.put(f"{number}.png", picture(str(number)))

    def gone(*_: Any, **__: Any) -> Iterator[bytes]:
        raise StorageUnreachable("the service cannot be reached now")

    monkeypatch.setattr("penstock_plugins.sources.files.object_downloads.read", gone)
    seen: Found = []
    with pytest.raises(StorageUnreachable, match="5 downloads in a row have failed"):
        seen.extend(map(_read, Files(bucket.address).find_documents(print, spool)))
    assert len(problems(seen)) == 5


def test_paths_on_this_machine_and_on_storage_are_two_sources() -> None:
    with pytest.raises(ValueError, match=r"a second \[\[sources\]\]"):
        Files(["s3://bucket/a", "scans"])
    with pytest.raises(ValueError, match="must be written out"):
        Files("s3://buck*/a")
    with pytest.raises(StorageError, match="must name a bucket or host"):
        Files("s3://")
    assert Files("s3://bucket/a").fetches
    assert not Files("scans").fetches


def test_the_command_reads_objects_and_names_outputs_after_them(
    letters: Bucket, tmp_path: Path, draw: Callable[..., Path], s3: S3Server
) -> None:
    draw("mine.png")
    arguments = (
        "read",
        f"{letters.address}/box",
        "mine.png",
        "--with",
        double("scripted:Scripted"),
        "--to",
        "text",
    )
    ended = penstock(tmp_path, *arguments, "--out", "out", **s3.environment)
    assert ended.returncode == 0, ended.stderr
    outputs = sorted(str(path.relative_to(tmp_path / "out")) for path in tmp_path.glob("out/**/*.txt"))
    assert outputs == ["b/x.txt", "c/page2.txt", "mine.txt", "page10.txt", "page2.txt"]
    ended = penstock(tmp_path, *arguments, "--merge", "all", **s3.environment)
    assert ended.returncode == 2
    assert "--merge: can merge only files of one place" in ended.stderr


def test_results_come_in_the_order_of_files_and_addresses(letters: Bucket, draw: Callable[..., Path]) -> None:
    first, last = str(draw("first.png")), str(draw("last.png"))
    read = penstock_api.read([first, f"{letters.address}/box/b", last], recognizer=Scripted())
    assert [document.name for document in read] == ["first", "x", "last"]


def test_a_pipeline_reads_objects_and_check_does_not(letters: Bucket, tmp_path: Path, s3: S3Server) -> None:
    (tmp_path / "letters.toml").write_text(
        f"""
        [[sources]]
        plugin = "files"
        paths = ["{letters.address}/box/**/*.png"]
        document = "folder"
        [[recognizers]]
        plugin = "{SCRIPTED}"
        [[sinks]]
        plugin = "text"
        path = "out/{{folder}}/{{document}}.txt"
        """
    )
    checked = penstock(tmp_path, "check", "letters.toml", **s3.environment)
    assert checked.returncode == 0, checked.stderr
    assert "not counted: documents of the source 'files'" in checked.stderr
    assert f"{letters.address}/ can be reached; its objects are listed by a run" in checked.stderr
    ended = penstock(tmp_path, "run", "letters.toml", **s3.environment)
    assert ended.returncode == 0, ended.stderr
    outputs = sorted(str(path.relative_to(tmp_path / "out")) for path in tmp_path.glob("out/**/*.txt"))
    assert outputs == ["b.txt", "box.txt", "c.txt"]


def test_check_says_that_a_bucket_is_missing(tmp_path: Path, s3: S3Server) -> None:
    arguments = ("read", "s3://no-such-bucket/a", "--with", SCRIPTED, "--to", "text", "--dry-run")
    checked = penstock(tmp_path, *arguments, **s3.environment)
    assert checked.returncode == 1, checked.stderr
    assert "would fail: s3://no-such-bucket/: does not exist" in checked.stderr


def test_an_address_of_another_kind_is_told_from_a_path(tmp_path: Path) -> None:
    (problem,) = Files(tmp_path / "ftp://host/a.jpg").find_documents(print, Spool(tmp_path))
    assert isinstance(problem, Problem)
    assert problem.hint.startswith("the source `url` reads http:// and https://; this one reads s3://")


def test_an_object_that_is_no_picture_is_not_replaced_by_an_output(
    bucket: Bucket, tmp_path: Path, s3: S3Server, picture: Picture
) -> None:
    bucket.put("a.png", picture("a"))
    bucket.put("note.txt", b"mine")
    inputs = (f"{bucket.address}/a.png", f"{bucket.address}/note.txt")
    output = ("--to", "text", "--set", f"sinks.0.path={bucket.address}/note.txt", "--force")
    ended = penstock(tmp_path, "read", *inputs, "--with", SCRIPTED, *output, **s3.environment)
    assert ended.returncode == 1, ended.stderr
    assert "is an input" in ended.stderr
    assert bucket.get("note.txt") == b"mine"
