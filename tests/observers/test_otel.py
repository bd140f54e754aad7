"""The otel observer sends true spans, metrics and logs to a real receiver of OTLP, and no content."""

from __future__ import annotations

import logging
import socket
import time
from typing import Any

import pytest

from observers.otlp_receiver import OtlpReceiver, attributes
from penstock.config import check
from penstock.testing import ObserverConformance
from penstock.watching.observed import ObservedPipeline
from penstock.watching.origin import FixedPipeline
from penstock_plugins.observers.otel import Otel
from pipelines import double, tables
from watching.watches import watch_origins


@pytest.fixture(autouse=True)
def _environment(monkeypatch):
    for name in ("OTEL_SERVICE_NAME", "OTEL_RESOURCE_ATTRIBUTES", "OTEL_SDK_DISABLED"):
        monkeypatch.delenv(name, raising=False)


@pytest.fixture
def receiver(monkeypatch):
    with OtlpReceiver() as started:
        monkeypatch.setenv("OTEL_EXPORTER_OTLP_ENDPOINT", started.endpoint)
        yield started


class TestOtel(ObserverConformance):
    component = Otel

    @pytest.fixture(autouse=True)
    def _receiver(self, receiver):
        return


class TestOtelWithContent(ObserverConformance):
    component = Otel
    options = {"content": True}

    @pytest.fixture(autouse=True)
    def _receiver(self, receiver):
        return


@pytest.fixture
def observed(run_tables):
    """Run tables with the observer; returns the report."""

    def run(told: dict[str, Any], *, content: bool = False, **options: Any):
        told["observers"] = [{"plugin": "otel", "content": content}]
        return run_tables(told, **options)

    return run


def letters(draw, **script: list[str]) -> dict[str, Any]:
    return tables([draw(f"{name}.png") for name in script], script=script)


def test_one_trace_a_document_with_a_span_for_each_call(receiver, observed, draw):
    told = letters(draw, a=["again", "operation", "pending", "read"], b=["read"])
    told["transforms"] = [{"plugin": double("transforms:Choosy")}]
    told["amenders"] = [{"plugin": double("amenders:Replacing"), "old": "a", "new": "b"}]
    before = time.time_ns()
    assert observed(told).exit_code == 0
    documents = [span for span in receiver.spans if span.name == "document"]
    assert len({span.trace_id for span in documents}) == 2
    by_trace = {
        span.trace_id: [each for each in receiver.spans if each.trace_id == span.trace_id]
        for span in documents
    }
    spans = max(by_trace.values(), key=len)
    names = [span.name for span in spans if span.name != "wait"]
    assert names == ["document", "page", "prepare", "submit", "submit", "poll", "poll", "amend", "write"]
    assert {span.name for span in by_trace[documents[1].trace_id]} >= {"document", "page", "submit", "write"}
    document, page = spans[0], next(span for span in spans if span.name == "page")
    assert document.parent_span_id == b""
    assert page.parent_span_id == document.span_id
    for span in spans[1:]:
        parent = page if span.name in ("prepare", "submit", "poll", "amend") else document
        if span.name not in ("page", "wait"):
            assert span.parent_span_id == parent.span_id
        assert document.start_time_unix_nano <= span.start_time_unix_nano <= span.end_time_unix_nano
        assert span.end_time_unix_nano <= document.end_time_unix_nano
    assert before <= document.start_time_unix_nano <= document.end_time_unix_nano <= time.time_ns()
    first, second = (span for span in spans if span.name == "submit")
    assert attributes(first)["error.type"] == "TryAgain"
    assert first.status.code == 2
    assert attributes(second)["penstock.attempt"] == 2
    assert attributes(page)["penstock.page.state"] == "recognized"
    assert [event.name for event in page.events] == ["retry"]
    assert attributes(document)["penstock.document.state"] == "written"


def test_documents_without_work_have_no_trace(receiver, observed, draw):
    told = letters(draw, a=["read"])
    observed(told)
    sent = len(receiver.spans)
    observed(told)
    assert len(receiver.spans) == sent


def test_failed_pages_and_documents_are_errors(receiver, observed, draw, tmp_path):
    told = letters(draw, a=["refuse"])
    (tmp_path / "broken.png").write_bytes(b"\x89PNG\r\n\x1a\n")
    told["sources"][0]["paths"].append("broken.png")
    observed(told)
    failed = [span for span in receiver.spans if span.name in ("document", "page", "submit")]
    assert {span.status.code for span in failed} == {2}
    assert not any(span.status.message for span in failed)


def test_metrics(receiver, observed, draw):
    told = letters(draw, a=["again:5", "operation", "read"], b=["refuse"], c=["read"])
    told["recognizers"][0]["price_per_1000"] = 1500
    observed(told)
    counts = {name: sum(values.values()) for name, values in receiver.metrics.items()}
    assert counts["penstock.throttles"] == counts["penstock.retries"] == 1
    assert counts["penstock.cost"] == pytest.approx(3.0)
    assert counts["penstock.pages.queued"] == counts["penstock.pages.in_flight"] == 0
    assert counts["penstock.page.duration"] == 2
    assert counts["penstock.runs"] == 1
    pages = {dict(labels)["state"]: value for labels, value in receiver.metrics["penstock.pages"].items()}
    assert pages == {"recognized": 2, "failed": 1}
    stages = [dict(labels) for labels in receiver.metrics["penstock.stage.duration"]]
    assert {each["stage"] for each in stages} == {"submit", "poll", "write"}
    assert {each["component"] for each in stages} == {"Scripted", "text"}
    assert {each["pipeline"] for each in stages} == {"test"}


def test_no_name_of_a_file_and_no_text_leaves_the_machine(receiver, observed, draw, tmp_path, caplog):
    caplog.set_level(logging.DEBUG, "penstock")
    told = letters(draw, secretname=["again", "read"], otherletter=["refuse"])
    observed(told)
    sent = b"".join(receiver.raw)
    assert b"%s: trying again in %.1f s: %s" in sent
    for content in (b"secretname", b"otherletter", b"busy", str(tmp_path).encode()):
        assert content not in sent


def test_content_is_sent_on_request_but_never_text(receiver, observed, draw):
    observed(letters(draw, secretname=["again", "read"]), content=True)
    documents = [span for span in receiver.spans if span.name == "document"]
    assert [attributes(span)["penstock.document.name"].rpartition("/")[2] for span in documents] == [
        "secretname.png"
    ]
    (record,) = (record for record in receiver.logs if "trying again" in record.body.string_value)
    assert "secretname.png" in record.body.string_value
    assert (record.severity_text, attributes(record)) == (
        "WARNING",
        {"log.logger": "penstock.engine.scheduler"},
    )


def test_the_variables_of_opentelemetry_apply(receiver, observed, draw, monkeypatch):
    monkeypatch.setenv("OTEL_EXPORTER_OTLP_HEADERS", "Authorization=Bearer%20key-1")
    monkeypatch.setenv("OTEL_SERVICE_NAME", "archive")
    monkeypatch.setenv("OTEL_EXPORTER_OTLP_COMPRESSION", "gzip")
    monkeypatch.setenv("OTEL_METRICS_EXPORTER", "none")
    told = letters(draw, a=["read"])
    observed(told)
    assert {headers["authorization"] for headers in receiver.headers} == {"Bearer key-1"}
    assert {each["service.name"] for each in receiver.resources} == {"archive"}
    assert not receiver.metrics
    monkeypatch.setenv("OTEL_TRACES_SAMPLER", "always_off")
    sent = len(receiver.spans)
    observed(letters(draw, b=["read"]))
    assert len(receiver.spans) == sent


def test_nothing_is_sent_if_the_sdk_is_disabled(receiver, observed, draw, monkeypatch):
    monkeypatch.setenv("OTEL_SDK_DISABLED", "true")
    assert not observed(letters(draw, a=["read"])).warnings
    assert not receiver.headers


def unused_port() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return int(free.getsockname()[1])


def test_a_collector_that_does_not_answer_is_said_once(observed, draw, monkeypatch, caplog):
    port = unused_port()
    monkeypatch.setenv("OTEL_EXPORTER_OTLP_ENDPOINT", f"http://me:key-1@127.0.0.1:{port}/key-2")
    report = observed(letters(draw, a=["read"]))
    assert report.exit_code == 0
    (warning,) = report.warnings
    assert warning.why == f"the collector at http://127.0.0.1:{port} did not take all telemetry of the run"
    assert "OTEL_EXPORTER_OTLP_ENDPOINT" in warning.hint
    assert not [each for each in caplog.records if each.levelno >= logging.WARNING]


def test_a_collector_that_refuses_is_said_once(observed, draw, monkeypatch):
    with OtlpReceiver(status=401) as refusing:
        monkeypatch.setenv("OTEL_EXPORTER_OTLP_ENDPOINT", refusing.endpoint)
        (warning,) = observed(letters(draw, a=["read"])).warnings
    assert "did not take all telemetry" in warning.why


def test_counters_go_on_in_a_watch(receiver, draw, tmp_path):
    draw("in/a.png")
    told = tables(["in"], observers=[{"plugin": "otel"}])
    origin = FixedPipeline(lambda: check(told, tmp_path, where="test.toml", name="letters"))
    watch_origins([ObservedPipeline(origin, None)], [lambda: draw("in/b.png")])
    assert sum(receiver.metrics["penstock.runs"].values()) == 2
    assert [span.name for span in receiver.spans].count("document") == 2


def test_a_watch_logs_once_that_the_collector_refuses(draw, tmp_path, monkeypatch, caplog):
    draw("in/a.png")
    monkeypatch.setenv("OTEL_BSP_SCHEDULE_DELAY", "1")
    told = tables(["in"], observers=[{"plugin": "otel"}])
    origin = FixedPipeline(lambda: check(told, tmp_path, where="test.toml", name="letters"))
    with OtlpReceiver(status=401) as refusing:
        monkeypatch.setenv("OTEL_EXPORTER_OTLP_ENDPOINT", refusing.endpoint)

        def refused_then_drawn() -> None:
            until = time.monotonic() + 20
            while not refusing.headers and time.monotonic() < until:
                time.sleep(0.01)
            draw("in/b.png")

        steps = [refused_then_drawn, lambda: draw("in/c.png")]
        watch_origins([ObservedPipeline(origin, None)], steps)
    (record,) = [each for each in caplog.records if each.levelno >= logging.WARNING]
    assert "does not take all telemetry" in record.getMessage()


@pytest.mark.parametrize(
    ("variable", "value", "why"),
    [
        ("OTEL_TRACES_EXPORTER", "zipkin", "must be otlp or none, got 'zipkin'"),
        ("OTEL_EXPORTER_OTLP_PROTOCOL", "grpc", "must be http/protobuf, got 'grpc'"),
    ],
)
def test_what_penstock_cannot_export_is_refused(monkeypatch, variable, value, why):
    monkeypatch.setenv(variable, value)
    with pytest.raises(ValueError, match=f"{variable} {why}"):
        Otel()
