"""The url source in whole runs and in the command."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from penstock.report import RunReport
from pipelines import tables
from processes import penstock
from url.site import Reply, Site, answer, redirect, stored

Serve = Callable[[dict[str, Reply]], Site]
RunTables = Callable[..., RunReport]


def pipeline(*urls: str, path: str = "out/{document}.txt", **options: Any) -> dict[str, Any]:
    source = {"plugin": "url", "urls": list(urls), "allow_private": True, **options}
    return tables([], sinks=[{"plugin": "text", "path": path}]) | {"sources": [source]}


def test_an_unchanged_page_is_neither_downloaded_nor_recognized_again(
    serve: Serve, run_tables: RunTables, picture: bytes, tmp_path: Path
) -> None:
    site = serve({"/x.jpg": stored(picture, ETag='"one"')})
    first = run_tables(pipeline(f"{site.address}/x.jpg?sig=secret"))
    again = run_tables(pipeline(f"{site.address}/x.jpg?sig=secret"))
    assert (first.pages_read, first.failed) == (1, 0)
    assert (again.pages_read, again.failed, again.pages_found) == (0, 0, 1)
    assert site.asked("If-None-Match") == [None, '"one"']
    assert (tmp_path / "out" / "x.txt").exists()
    kept = b"".join(path.read_bytes() for path in tmp_path.rglob("*") if path.is_file())
    assert b"secret" not in kept


def test_the_same_bytes_are_not_recognized_again(serve: Serve, run_tables: RunTables, picture: bytes) -> None:
    """A server without ETags, and a signature that changes with each run."""
    site = serve({"/x.jpg": answer(picture)})
    assert run_tables(pipeline(f"{site.address}/x.jpg?sig=1")).pages_read == 1
    assert run_tables(pipeline(f"{site.address}/x.jpg?sig=2")).pages_read == 0
    assert len(site.seen) == 2


def test_two_documents_of_one_name_clash_without_folder(
    serve: Serve, run_tables: RunTables, picture: bytes, data: Path, tmp_path: Path
) -> None:
    other = (data / "whiteboard.jpg").read_bytes()
    site = serve({"/a/x.jpg": answer(picture), "/b/x.jpg": answer(other)})
    urls = (f"{site.address}/a/x.jpg", f"{site.address}/b/x.jpg")
    clash = run_tables(pipeline(*urls))
    (failure,) = clash.failures
    assert failure.what == urls[1]
    assert "x.txt" in failure.why
    assert "{folder}" in failure.hint
    apart = run_tables(pipeline(*urls, path="apart/{folder}/{document}.txt", folder="address"))
    assert apart.failed == 0
    host = tmp_path / "apart" / f"127.0.0.1_{site.port}"
    assert {path.relative_to(host).as_posix() for path in host.rglob("*.txt")} == {"a/x.txt", "b/x.txt"}


def test_failed_downloads_are_reported_and_the_others_written(
    serve: Serve, run_tables: RunTables, picture: bytes
) -> None:
    good = {f"/{number}.jpg": answer(picture) for number in range(3)}
    site = serve({**good, "/loop": redirect("/loop"), "/web": answer(b"<html>")})
    names = ("0.jpg", "loop", "1.jpg", "web", "gone.jpg", "2.jpg")
    report = run_tables(pipeline(*(f"{site.address}/{name}" for name in names)))
    assert report.documents_written == 3
    assert [failure.what.rpartition("/")[2] for failure in report.failures] == ["loop", "web", "gone.jpg"]
    assert all(failure.hint for failure in report.failures)


def test_the_command_refuses_private_addresses_with_a_hint(
    serve: Serve, picture: bytes, tmp_path: Path
) -> None:
    site = serve({"/page.jpg": answer(picture)})
    done = penstock(tmp_path, "read", f"{site.address}/page.jpg?sig=secret", "--to", "text")
    assert done.returncode == 1
    assert "in a private network" in done.stderr
    assert "allow_private = true" in done.stderr
    assert "--set sources.0.allow_private=true" in done.stderr
    assert "secret" not in done.stdout + done.stderr
    assert not site.seen


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ('urls = ["https://host/x.jpg?sig=secret"]\nper_host = 0', "per_host"),
        ('urls = ["https://host/x.jpg?sig=secret"]\nmax_seconds = -1', "max_seconds"),
        ('urls = ["https://host/x.jpg?sig=secret", 3]', "urls"),
        ('urls = ["ftp://host/x.jpg?sig=secret"]', "unsupported scheme 'ftp'"),
        ('urls = ["https://me:secret@host/x.jpg"]', "contains a user or password"),
        ("", "urls is empty"),
    ],
)
def test_a_wrong_pipeline_is_refused_without_showing_secrets(line: str, message: str, tmp_path: Path) -> None:
    from penstock.config import load_file
    from penstock.errors import ConfigurationError

    (tmp_path / "p.toml").write_text(
        f'[[sources]]\nplugin = "url"\n{line}\n'
        '[[recognizers]]\nplugin = "rapidocr"\n[[sinks]]\nplugin = "text"\n'
    )
    with pytest.raises(ConfigurationError) as raised:
        load_file(tmp_path / "p.toml")
    assert message in str(raised.value)
    assert "secret" not in str(raised.value)


def test_check_does_not_show_secrets(tmp_path: Path) -> None:
    (tmp_path / "p.toml").write_text(
        '[[sources]]\nplugin = "url"\nurls = ["https://host/x.jpg?sig=secret"]\n'
        'headers = { Authorization = "Bearer ${TOKEN}" }\n'
        '[[recognizers]]\nplugin = "rapidocr"\n[[sinks]]\nplugin = "text"\n'
    )
    done = penstock(tmp_path, "check", "p.toml", TOKEN="hush-hush")  # noqa: S106  not a real one
    assert done.returncode == 0, done.stderr
    assert "https://host/x.jpg?…" in done.stdout
    assert "secret" not in done.stdout
    assert "hush" not in done.stdout
