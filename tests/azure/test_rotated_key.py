"""The key of the service is replaced while a run goes on."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from penstock.cli.logs import configure_logging, hide_secrets
from penstock.config import check
from penstock.engine import Run
from penstock.model import Recognition
from penstock.pipeline import Pipeline
from penstock.report import Exit, RunReport
from penstock.testing import AzureReadServer
from pipelines import double

PAGES = 12
OLD, NEW = "0123456789abcdef", "fedcba9876543210"


@pytest.fixture
def key_file(tmp_path: Path) -> Path:
    file = tmp_path / "azure.key"
    file.write_text(f"{OLD}\n")
    return file


@pytest.fixture
def service(recognition: Recognition) -> Iterator[AzureReadServer]:
    with AzureReadServer(recognition, key=OLD) as server:
        yield server


@pytest.fixture
def read_pages(
    draw: Callable[..., Path], tmp_path: Path, clock: Any, monkeypatch: pytest.MonkeyPatch, key_file: Path
) -> Callable[..., RunReport]:
    """Return a function that reads pages, and calls a function once the service has answered some calls."""

    def read(service: AzureReadServer, calls: int, happening: Callable[[], None]) -> RunReport:
        pages = [draw(f"page{number}.png", text=f"page {number}") for number in range(PAGES)]
        recognizer = {"plugin": double("azure:AzureRead"), "endpoint": service.endpoint}
        tables = {
            "sources": [{"plugin": "files", "paths": [str(page) for page in pages]}],
            "recognizers": [{**recognizer, "key": {"file": key_file.name}, "calls_per_second": 1000.0}],
            "sinks": [{"plugin": "text", "path": "out/{document}.txt"}],
            "engine": {"in_flight": 5},
        }
        receive, left = clock.receive, [happening]

        def receive_or_act(*arguments: Any, **options: Any) -> Any:
            message = receive(*arguments, **options)
            if left and len(service.calls) >= calls:
                left.pop()()
            return message

        monkeypatch.setattr(clock, "receive", receive_or_act)
        configuration = check(tables, tmp_path, where="test.toml", name="test")
        hide_secrets(each.options for each in configuration.components)
        return Run(Pipeline(configuration), clock=clock).execute()

    return read


def files_with(text: str, folder: Path, besides: Path) -> list[Path]:
    files = (file for file in folder.rglob("*") if file.is_file() and file != besides)
    return [file for file in files if text.encode() in file.read_bytes()]


# Submits are refused first in one case, and polls in the other.
@pytest.mark.parametrize("calls", [1, 7])
def test_run_goes_on_with_the_new_key(
    read_pages: Callable[..., RunReport],
    service: AzureReadServer,
    key_file: Path,
    tmp_path: Path,
    calls: int,
    capsys: pytest.CaptureFixture[str],
) -> None:
    def rotate() -> None:
        key_file.write_text(NEW)
        service.key = NEW

    configure_logging(debug=True)
    report = read_pages(service, calls, rotate)
    logging.getLogger("penstock.test").warning("an exception of a library quotes %s and %s", OLD, NEW)
    assert (report.exit_code, report.pages_read, report.failed) == (Exit.DONE, PAGES, 0)
    assert (report.doubtful_submits, report.lost_operations) == (0, 0)
    assert service.billed == PAGES
    assert any(not call.signed for call in service.calls)
    said = capsys.readouterr().err
    assert f"a key was refused; another one is in {key_file}" in said
    assert OLD not in said
    assert NEW not in said
    assert not files_with(NEW, tmp_path, besides=key_file)
    assert not files_with(OLD, tmp_path, besides=key_file)


def test_run_stops_if_the_file_has_no_other_key(
    read_pages: Callable[..., RunReport], service: AzureReadServer, key_file: Path
) -> None:
    def revoke() -> None:
        service.key = NEW

    report = read_pages(service, 7, revoke)
    assert (report.exit_code, report.failed) == (Exit.STOPPED, 0)
    assert report.stopped is not None
    assert f"{key_file} was read again and holds no other key" in report.stopped.why
    assert "write the valid key into" in report.stopped.hint
    key_file.write_text(NEW)
    report = read_pages(service, 10**6, revoke)
    assert report.exit_code is Exit.DONE
    assert service.billed == PAGES


@pytest.mark.parametrize("content", ["", "a key with spaces", None])
def test_run_stops_if_the_file_has_no_key_any_more(
    read_pages: Callable[..., RunReport], service: AzureReadServer, key_file: Path, content: str | None
) -> None:
    def spoil() -> None:
        service.key = NEW
        if content is None:
            key_file.unlink()
        else:
            key_file.write_text(content)

    report = read_pages(service, 7, spoil)
    assert (report.exit_code, report.failed, report.doubtful_submits) == (Exit.STOPPED, 0, 0)
    assert report.stopped is not None
    assert (content or "none") not in str(report.stopped)
