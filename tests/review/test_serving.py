"""The command `penstock review`, and how its server starts and ends."""

from __future__ import annotations

import os
import signal
import socket
import threading
import time
from importlib.util import find_spec

import click
import pytest
import requests

from doubles.reviewed import OnePage
from penstock.cli.review import review
from penstock.errors import PenstockError
from penstock.review import serving
from penstock.review.serving import Address, serve

TEAM_PASSWORD = "correct horse"  # noqa: S105


@pytest.fixture
def announced(monkeypatch):
    """Return what `review` announces and serves, without serving it."""
    calls = []
    monkeypatch.setattr(
        serving, "serve", lambda contents, address, **options: calls.append((address, options))
    )
    return calls


@pytest.fixture
def pipeline(letter, run_tables, told, tmp_path):
    """Return a pipeline file whose pages are recognized."""
    letter("scans/a.tif", "Dear Anna")
    run_tables(told)
    file = tmp_path / "box.toml"
    file.write_text('name = "test"\n[[sources]]\nplugin = "files"\npaths = ["scans"]\n')
    return file


def test_a_team_gets_an_address_that_others_can_open(monkeypatch):
    announced = []
    monkeypatch.setattr(serving, "_run", lambda *_: None)
    everywhere = "0.0.0.0"  # noqa: S104
    serve(OnePage(), Address(everywhere), opens_browser=False, announce=announced.append)
    serve(
        OnePage(), Address(everywhere), password=TEAM_PASSWORD, opens_browser=False, announce=announced.append
    )
    with_token, with_password = announced
    assert everywhere not in with_token
    assert "/?token=" in with_token
    assert with_password.endswith("/")


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_ends_the_server(number):
    """The page is answered before it ends, although the first request comes before the server runs."""
    answers = []

    def announce(url: str) -> None:
        def look() -> None:
            answers.append(requests.get(url.replace("/?", "/api/documents?"), timeout=20).json()["total"])
            os.kill(os.getpid(), number)

        threading.Thread(target=look).start()

    earlier = signal.getsignal(number)
    serve(OnePage(), Address(), opens_browser=False, announce=announce)
    assert answers == [1]
    assert signal.getsignal(number) is earlier


def test_a_port_that_is_taken_is_named():
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
        with pytest.raises(PenstockError, match=f"port {port}: Address already in use") as caught:
            serve(OnePage(), Address(port=port), opens_browser=False, announce=print)
    assert "--port" in caught.value.hint


def test_a_server_that_is_started_again_has_the_same_port(monkeypatch):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        monkeypatch.setattr(serving, "USUAL_PORT", port)
        with serving._listening(Address()) as listener:
            assert listener.getsockname()[1] != port
    with serving._listening(Address()) as listener:
        assert listener.getsockname()[1] == port


def test_an_address_of_another_machine_is_refused():
    with pytest.raises(PenstockError, match=r"192\.0\.2\.1: Cannot assign") as caught:
        serve(OnePage(), Address("192.0.2.1"), opens_browser=False, announce=print)
    assert "--host must be an address of this machine" in caught.value.hint


def test_the_browser_opens_with_a_token_of_its_own(monkeypatch):
    opened, announced = [], []
    monkeypatch.setattr(serving, "has_browser", lambda: True)
    monkeypatch.setattr(serving, "_run", lambda *_: None)
    monkeypatch.setattr(serving.webbrowser, "open", opened.append)
    serve(OnePage(), Address(), path="/documents/0-5?line=3", announce=announced.append)
    deadline = time.monotonic() + 20
    while not opened and time.monotonic() < deadline:
        time.sleep(0.01)
    (url,), (shown,) = opened, announced
    start, _, token = url.partition("?line=3&token=")
    assert shown.startswith(f"{start}?line=3&token=")
    assert token not in shown


@pytest.mark.parametrize(
    ("variables", "expected"),
    [({}, False), ({"DISPLAY": ":0"}, True), ({"WAYLAND_DISPLAY": "wayland-0"}, True)],
)
def test_no_browser_is_opened_in_a_terminal(monkeypatch, variables, expected):
    monkeypatch.setattr(serving.sys, "platform", "linux")
    for name in ("DISPLAY", "WAYLAND_DISPLAY", "BROWSER"):
        monkeypatch.delenv(name, raising=False)
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    assert serving.has_browser() is expected


def _review(place, **options):
    defaults = {"host": None, "port": 0, "opens_browser": False, "password_file": None}
    return review(place, **defaults | options)


def test_what_was_never_recognized_is_explained(tmp_path):
    file = tmp_path / "box.toml"
    file.write_text('[[sources]]\nplugin = "files"\npaths = ["scans"]\n')
    with pytest.raises(PenstockError, match=r"nothing was recognized in .*box.toml yet") as caught:
        _review(file)
    assert "penstock read" in caught.value.hint


def test_missing_packages_are_named(monkeypatch):
    monkeypatch.setattr(
        "penstock.cli.review.find_spec", lambda name: None if name == "uvicorn" else find_spec(name)
    )
    with pytest.raises(PenstockError, match="needs more packages: uvicorn") as caught:
        _review(None)
    assert caught.value.hint == "install them: pip install 'penstock[review]'"


def test_a_pipeline_is_served(pipeline, announced):
    assert _review(pipeline, port=8000) == 0
    ((address, options),) = announced
    assert address == Address(None, 8000)
    assert options["password"] is None


def test_the_password_of_a_team(pipeline, announced, tmp_path, monkeypatch):
    monkeypatch.setenv("PENSTOCK_REVIEW_PASSWORD", TEAM_PASSWORD)
    _review(pipeline, host="::")
    _review(pipeline)
    secret = tmp_path / "secret"
    secret.write_text("another horse\n")
    _review(pipeline, host="::", password_file=secret)
    assert [options["password"] for _, options in announced] == [TEAM_PASSWORD, None, "another horse"]


def test_a_password_that_cannot_be_used_is_explained(pipeline, tmp_path, monkeypatch):
    secret = tmp_path / "secret"
    with pytest.raises(click.UsageError, match="name --host"):
        _review(pipeline, password_file=secret)
    with pytest.raises(PenstockError, match="secret: No such file"):
        _review(pipeline, host="127.0.0.1", password_file=secret)
    secret.write_text("\n")
    with pytest.raises(PenstockError, match="has no password"):
        _review(pipeline, host="127.0.0.1", password_file=secret)
    monkeypatch.setenv("PENSTOCK_REVIEW_PASSWORD", "short")
    with pytest.raises(PenstockError, match="at least 8 characters, got 5"):
        _review(pipeline, host="127.0.0.1")
