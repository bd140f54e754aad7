"""The recognizers with the test server, over real sockets."""

from __future__ import annotations

import math
import socket
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from penstock.errors import InDoubt, OperationLost, PageRefused, RecognizerError, StopRun, TryAgain
from penstock.model import Line, Operation, Page, Pending, Quad, Recognition, Word
from penstock.secret import Secret
from penstock.testing import AzureReadServer, Misbehaviour
from penstock_plugins.recognizers.azure.document_intelligence import AzureDocumentIntelligence
from penstock_plugins.recognizers.azure.read import AzureRead

ReadThrough = Callable[[Any, Page], Recognition]
TIMEOUT = 0.2


@pytest.fixture
def page(data: Path, page_of: Callable[[Path], Page]) -> Page:
    return page_of(data / "signage.jpg")


def azure_read(service: AzureReadServer, **options: Any) -> AzureRead:
    return AzureRead(endpoint=service.endpoint, key=Secret(service.key), **options)


def document_intelligence(service: AzureReadServer, **options: Any) -> AzureDocumentIntelligence:
    return AzureDocumentIntelligence(endpoint=service.endpoint, key=Secret(service.key), **options)


@pytest.mark.parametrize("version", ["3.0", "3.1", "3.2"])
def test_version_3_returns_the_recognition(
    version: Any, page: Page, recognition: Recognition, read_through: ReadThrough
) -> None:
    with AzureReadServer(recognition) as service, azure_read(service, api_version=version) as recognizer:
        read = read_through(recognizer, page)
    assert read.lines == recognition.lines
    assert read.angle == recognition.angle
    assert read.recognizer == f"azure-read {version} 2022-04-30"


@pytest.mark.parametrize("version", ["2.0", "2.1"])
def test_version_2_returns_less(
    version: Any, page: Page, recognition: Recognition, read_through: ReadThrough
) -> None:
    with AzureReadServer(recognition) as service, azure_read(service, api_version=version) as recognizer:
        read = read_through(recognizer, page)
    assert read.text == recognition.text
    assert read.angle == recognition.angle
    assert {word.confidence for line in read.lines for word in line.words} == {None}
    assert {line.handwritten_probability for line in read.lines} == {None}


def test_recognize_text(page: Page, recognition: Recognition, read_through: ReadThrough) -> None:
    options: dict[str, Any] = {"api_version": "2.0", "recognize_text": "Handwritten"}
    with AzureReadServer(recognition) as service, azure_read(service, **options) as recognizer:
        read = read_through(recognizer, page)
        paths = {call.path for call in service.calls if call.kind == "submit"}
    assert paths == {"/vision/v2.0/recognizeText"}
    assert (read.text, read.angle) == (recognition.text, None)


@pytest.mark.parametrize("version", ["2023-07-31", "2024-11-30"])
def test_document_intelligence_returns_the_recognition(
    version: Any, page: Page, recognition: Recognition, read_through: ReadThrough
) -> None:
    with (
        AzureReadServer(recognition) as service,
        document_intelligence(service, api_version=version) as recognizer,
    ):
        assert read_through(recognizer, page).lines == recognition.lines


def test_results_are_stored_before_they_are_deleted(page: Page, recognition: Recognition) -> None:
    with (
        AzureReadServer(recognition) as service,
        document_intelligence(service, delete_results=True) as recognizer,
    ):
        operation = recognizer.submit(page)
        assert isinstance(operation, Operation)
        kept = recognizer.poll(operation)
        assert isinstance(kept, Operation)
        assert kept.durable
        read = recognizer.poll(kept)
        assert [call.kind for call in service.calls] == ["submit", "poll", "delete"]
        assert isinstance(recognizer.poll(operation), Operation)
        with pytest.raises(OperationLost):
            recognizer.poll(Operation({**operation.data, "missing": True}))
    assert isinstance(read, Recognition)
    assert read.lines == recognition.lines


def test_result_that_cannot_be_deleted_is_returned(
    page: Page, recognition: Recognition, read_through: ReadThrough, caplog: pytest.LogCaptureFixture
) -> None:
    with AzureReadServer(recognition) as service:
        recognizer = document_intelligence(service, delete_results=True)
        operation = recognizer.submit(page)
        assert isinstance(operation, Operation)
        kept = recognizer.poll(operation)
    state = kept
    for _ in range(3):
        assert isinstance(state, Operation)
        state = recognizer.poll(state)
    assert isinstance(state, Recognition)
    assert state.lines == recognition.lines
    assert "keeps it for a day" in caplog.text


def test_result_of_a_scaled_page_is_in_pixels_of_the_page(
    tmp_path: Path, page_of: Callable[[Path], Page], read_through: ReadThrough
) -> None:
    from PIL import Image

    path = tmp_path / "wide.png"
    Image.new("L", (5000, 400), "white").save(path)
    sent = Recognition(
        (Line("x", Quad.from_box(84, 84, 168, 126), (Word("x", Quad.from_box(84, 84, 168, 126)),)),)
    )
    with AzureReadServer(sent) as service, azure_read(service, api_version="2.0") as recognizer:
        read = read_through(recognizer, page_of(path))
    assert read.lines[0].quad.bounds == pytest.approx((100, 100, 200, 150))
    assert read.lines[0].words[0].quad == read.lines[0].quad


def test_unfinished_result_is_pending(page: Page, recognition: Recognition) -> None:
    with AzureReadServer(recognition, work=3600) as service, azure_read(service) as recognizer:
        operation = recognizer.submit(page)
        assert isinstance(operation, Operation)
        assert recognizer.poll(operation) == Pending()
        assert service.billed == 1


def test_rate_limit_of_the_server(page: Page, recognition: Recognition) -> None:
    with AzureReadServer(recognition, calls_per_second=0.001) as service, azure_read(service) as recognizer:
        recognizer.submit(page)
        with pytest.raises(TryAgain) as raised:
            recognizer.submit(page)
        assert raised.value.retry_after == 1
        assert service.billed == 1


# The error of a submit for each misbehaviour, and the number of billed pages.
SUBMITS: list[tuple[Misbehaviour, type[RecognizerError], int]] = [
    (Misbehaviour("throttle", retry_after="7"), TryAgain, 0),
    (Misbehaviour("throttle"), TryAgain, 0),
    (Misbehaviour("error", status=500), TryAgain, 0),
    (Misbehaviour("error", status=503), TryAgain, 0),
    (Misbehaviour("error", status=403), StopRun, 0),
    (Misbehaviour("error", status=410), StopRun, 0),
    (Misbehaviour("error", status=415), PageRefused, 0),
    (Misbehaviour("reset"), InDoubt, 0),
    (Misbehaviour("hang"), InDoubt, 0),
    (Misbehaviour("lose"), InDoubt, 1),
    (Misbehaviour("html"), StopRun, 0),
    (Misbehaviour("html", after=1), InDoubt, 1),
    (Misbehaviour("redirect"), StopRun, 0),
    (Misbehaviour("no-location"), InDoubt, 1),
    (Misbehaviour("garbled-location"), InDoubt, 1),
]


@pytest.mark.parametrize(
    ("misbehaviour", "kind", "billed"), SUBMITS, ids=lambda value: getattr(value, "how", None)
)
def test_errors_of_submits(
    misbehaviour: Misbehaviour, kind: type[RecognizerError], billed: int, page: Page, recognition: Recognition
) -> None:
    options = {"timeout": TIMEOUT} if misbehaviour.how == "hang" else {}
    with AzureReadServer(recognition, misbehave=[misbehaviour]) as service:
        with azure_read(service, **options) as recognizer:
            for _ in range(misbehaviour.after):
                recognizer.submit(page)
            with pytest.raises(RecognizerError) as raised:
                recognizer.submit(page)
            assert type(raised.value) is kind
            assert service.billed == billed
            assert isinstance(recognizer.submit(page), Operation)
        assert all(call.path.startswith("/vision/v3.2/") for call in service.calls)


POLLS: list[tuple[Misbehaviour, type[RecognizerError]]] = [
    (Misbehaviour("throttle", on="poll", retry_after="7"), TryAgain),
    (Misbehaviour("throttle", on="poll"), TryAgain),
    (Misbehaviour("error", on="poll", status=500), TryAgain),
    (Misbehaviour("error", on="poll", status=401), StopRun),
    (Misbehaviour("reset", on="poll"), TryAgain),
    (Misbehaviour("hang", on="poll"), TryAgain),
    (Misbehaviour("half", on="poll"), TryAgain),
    (Misbehaviour("html", on="poll"), TryAgain),
    (Misbehaviour("redirect", on="poll"), StopRun),
]


@pytest.mark.parametrize(("misbehaviour", "kind"), POLLS, ids=lambda value: getattr(value, "how", None))
def test_errors_of_polls(
    misbehaviour: Misbehaviour, kind: type[RecognizerError], page: Page, recognition: Recognition
) -> None:
    options = {"timeout": TIMEOUT} if misbehaviour.how == "hang" else {}
    with (
        AzureReadServer(recognition, misbehave=[misbehaviour]) as service,
        azure_read(service, **options) as recognizer,
    ):
        operation = recognizer.submit(page)
        assert isinstance(operation, Operation)
        with pytest.raises(RecognizerError) as raised:
            recognizer.poll(operation)
        assert type(raised.value) is kind
        read = recognizer.poll(operation)
        assert isinstance(read, Recognition)
        assert read.lines == recognition.lines
        assert service.billed == 1


FAILED_OPERATIONS: list[tuple[Misbehaviour, type[RecognizerError]]] = [
    (Misbehaviour("fail"), PageRefused),
    (Misbehaviour("two-pages"), PageRefused),
]


@pytest.mark.parametrize(
    ("misbehaviour", "kind"), FAILED_OPERATIONS, ids=lambda value: getattr(value, "how", None)
)
@pytest.mark.parametrize("version", ["2.0", "3.2"])
def test_failed_operations(
    version: Any,
    misbehaviour: Misbehaviour,
    kind: type[RecognizerError],
    page: Page,
    recognition: Recognition,
    read_through: ReadThrough,
) -> None:
    with (
        AzureReadServer(recognition, misbehave=[misbehaviour]) as service,
        azure_read(service, api_version=version) as recognizer,
    ):
        with pytest.raises(RecognizerError) as raised:
            read_through(recognizer, page)
        assert type(raised.value) is kind


def test_endless_and_forgotten_operations(page: Page, recognition: Recognition) -> None:
    misbehaviours = [Misbehaviour("never-end"), Misbehaviour("forget", after=1)]
    with AzureReadServer(recognition, misbehave=misbehaviours) as service, azure_read(service) as recognizer:
        endless, forgotten = recognizer.submit(page), recognizer.submit(page)
        assert isinstance(endless, Operation)
        assert isinstance(forgotten, Operation)
        assert [recognizer.poll(endless) for _ in range(5)] == [Pending()] * 5
        once = recognizer.poll(forgotten)
        assert isinstance(once, Operation)
        with pytest.raises(OperationLost):
            recognizer.poll(once)


def test_truncated_response_to_a_submit_leads_to_a_lost_operation(
    page: Page, recognition: Recognition, read_through: ReadThrough
) -> None:
    with (
        AzureReadServer(recognition, misbehave=[Misbehaviour("half")]) as service,
        azure_read(service) as recognizer,
    ):
        with pytest.raises((InDoubt, OperationLost)):
            read_through(recognizer, page)
        assert service.billed == 1


def test_wrong_key(page: Page, recognition: Recognition) -> None:
    with AzureReadServer(recognition, key="the-right-one") as service:
        recognizer = AzureRead(endpoint=service.endpoint, key=Secret("the-wrong-one"))
        with pytest.raises(StopRun, match="Access denied") as raised:
            recognizer.submit(page)
        assert "the-wrong-one" not in str(raised.value)
        assert [call.signed for call in service.calls] == [False]


def test_wrong_path(page: Page, recognition: Recognition) -> None:
    with AzureReadServer(recognition) as service:
        recognizer = AzureRead(endpoint=f"{service.endpoint}/elsewhere", key=Secret(service.key))
        with pytest.raises(StopRun, match="404") as raised:
            recognizer.submit(page)
        assert "api_version" in raised.value.hint


def test_endpoint_without_a_server(page: Page) -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        recognizer = AzureRead(endpoint=f"http://127.0.0.1:{free.getsockname()[1]}", key=Secret("k"))
        with pytest.raises(TryAgain, match="cannot connect to"):
            recognizer.submit(page)


def test_key_is_not_sent_to_the_endpoint_of_an_earlier_run(page: Page, recognition: Recognition) -> None:
    with AzureReadServer(recognition) as old, AzureReadServer(recognition) as new:
        operation = azure_read(old).submit(page)
        assert isinstance(operation, Operation)
        asked = len(old.calls)
        again = azure_read(new).poll(operation)  # the new endpoint may be another name of the old one
        assert isinstance(again, Operation)
        with pytest.raises(OperationLost, match="is not the host of the endpoint"):
            azure_read(new).poll(again)
        assert len(old.calls) == asked
        moved = azure_read(new, trusted_hosts=(old.endpoint.removeprefix("http://"),))
        assert isinstance(moved.poll(operation), Recognition)


def test_many_threads_share_one_recognizer(
    page: Page, recognition: Recognition, read_through: ReadThrough
) -> None:
    read: list[Recognition] = []
    with AzureReadServer(recognition) as service, azure_read(service) as recognizer:
        threads = [
            threading.Thread(target=lambda: read.append(read_through(recognizer, page))) for _ in range(8)
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert service.billed == 8
    assert [one.lines for one in read] == [recognition.lines] * 8


def test_netrc_and_proxies_are_not_used_for_loopback(
    page: Page,
    recognition: Recognition,
    read_through: ReadThrough,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    netrc = tmp_path / "netrc"
    netrc.write_text("default login somebody password else\n")
    monkeypatch.setenv("NETRC", str(netrc))
    for name in ("HTTP_PROXY", "http_proxy", "HTTPS_PROXY", "ALL_PROXY"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
    for name in ("NO_PROXY", "no_proxy"):
        monkeypatch.delenv(name, raising=False)
    with AzureReadServer(recognition) as service, azure_read(service) as recognizer:
        assert read_through(recognizer, page).lines == recognition.lines
        assert {call.signed for call in service.calls} == {True}


def test_server_answers_in_order_or_by_the_picture(page: Page, read_through: ReadThrough) -> None:
    first, second = Recognition((), 1.0), Recognition((), 2.0)
    with AzureReadServer([first, second]) as service, azure_read(service) as recognizer:
        assert [read_through(recognizer, page).angle for _ in range(3)] == [1.0, 2.0, 2.0]

    def by_size(picture: bytes) -> Recognition:
        return Recognition((), math.log10(len(picture)))

    with AzureReadServer(by_size) as service, azure_read(service) as recognizer:
        assert read_through(recognizer, page).angle == pytest.approx(math.log10(18489))
