"""A watch with --metrics-port serves metrics and its health, and keeps observers over its runs."""

from __future__ import annotations

import json
import re
import threading
import urllib.error
import urllib.request
from pathlib import Path
from typing import Any

import pytest
from prometheus_client.parser import text_string_to_metric_families

from penstock.config import check
from penstock.errors import ConfigurationError
from penstock.metrics import METRICS
from penstock.watching.endpoint import Endpoint, address_of, problems_of
from penstock.watching.observed import ObservedPipeline
from penstock.watching.origin import FixedPipeline
from penstock.watching.prometheus import COUNTERS, GAUGES
from penstock.watching.status import PipelineCounters
from penstock.watching.watch import Watch
from pipelines import double, tables
from watching.watches import Told, watch_origins

DASHBOARD = Path(__file__).parents[2] / "examples" / "grafana" / "penstock.json"


def fetched(url: str) -> tuple[int, str]:
    try:
        with urllib.request.urlopen(url, timeout=10) as answer:  # noqa: S310
            return answer.status, answer.read().decode()
    except urllib.error.HTTPError as error:
        return error.code, error.read().decode()


@pytest.fixture
def endpoint():
    with Endpoint(("127.0.0.1", 0)) as served:
        yield served


def test_runs_of_a_watch_are_measured(endpoint, draw, tmp_path):
    draw("scans/a.png")
    told = tables(["scans"], script={"b": ["refuse"]})
    origin = ObservedPipeline(
        FixedPipeline(lambda: check(told, tmp_path, where="test.toml", name="letters")), endpoint.meter
    )
    watch_origins([origin], [lambda: draw("scans/b.png")])
    status, text = fetched(f"{endpoint.url}/metrics")
    assert status == 200
    values = {
        (sample.name, sample.labels.get("state")): sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
        if sample.labels.get("pipeline") == "letters"
    }
    assert values["penstock_pages_total", "recognized"] == 1
    assert values["penstock_pages_total", "failed"] == 1
    assert values["penstock_pages_queued", None] == 0
    assert values["penstock_documents_total", "written"] == 1
    assert "process_resident_memory_bytes" in text


class LivingWatch:
    """Answers as the loop of a watch does."""

    def __init__(self, *, answers: bool = True, stopped: str = "", gone: str = "") -> None:
        self.is_answering = answers
        watch = Watch([], Told())
        self.status = watch.status
        self.status.is_ready = True
        self.status.pipelines["letters"] = PipelineCounters(
            waiting=3, files_read=5, stopped=stopped, gone=gone
        )

    def answers(self, _seconds: float) -> bool:
        return self.is_answering


@pytest.mark.parametrize(
    ("watch", "status", "problem"),
    [
        (LivingWatch(), 200, ""),
        (LivingWatch(answers=False), 503, "the loop has not answered for 5 s"),
        (LivingWatch(gone="/share/in"), 503, "letters: /share/in is gone"),
        (LivingWatch(stopped="the key is refused"), 503, "letters: stopped: the key is refused"),
    ],
)
def test_health_says_what_is_wrong(endpoint, watch: Any, status, problem):
    endpoint.serve(watch)
    answered, text = fetched(f"{endpoint.url}/healthz")
    assert answered == status
    assert json.loads(text)["problems"] == ([problem] if problem else [])
    metrics = fetched(f"{endpoint.url}/metrics")[1]
    assert 'penstock_watch_waiting{pipeline="letters"} 3.0' in metrics
    assert 'penstock_watch_files_read_total{pipeline="letters"} 5.0' in metrics


def test_a_real_loop_answers_until_it_hangs():
    watch = Watch([], Told())
    assert problems_of(watch, 0.01) == ["the watch has not begun"]
    watch.status.is_ready = True
    assert problems_of(watch, 0.01) == ["the loop has not answered for 0.01 s"]
    thread = threading.Thread(target=watch.run)
    thread.start()
    assert problems_of(watch, 30.0) == []
    watch.stop()
    thread.join()
    assert problems_of(watch) == ["the watch is ending"]


def test_other_paths_are_unknown(endpoint):
    assert fetched(f"{endpoint.url}/")[0] == 404


@pytest.mark.parametrize(
    ("text", "address"),
    [
        ("9464", ("127.0.0.1", 9464)),
        ("0.0.0.0:9464", ("0.0.0.0", 9464)),  # noqa: S104
        ("[::1]:9464", ("::1", 9464)),
    ],
)
def test_the_address_is_loopback_unless_given(text, address):
    assert address_of(text) == address


@pytest.mark.parametrize("text", ["", "web", ":9464", "99999", "host:"])
def test_other_addresses_are_refused(text):
    with pytest.raises(ConfigurationError, match="must be PORT or ADDRESS:PORT"):
        address_of(text)


def test_a_port_in_use_is_said(endpoint):
    port = int(endpoint.url.rpartition(":")[2])
    with pytest.raises(ConfigurationError, match=f"cannot use port {port} of 127.0.0.1"):
        Endpoint(("127.0.0.1", port))


def test_the_dashboard_names_metrics_that_exist():
    named = set(re.findall(r"\b(?:penstock|process)_[a-z_]+", DASHBOARD.read_text()))
    names = {f"{name}_total" for name in COUNTERS} | set(GAUGES) | {"process_resident_memory_bytes"}
    for metric in METRICS:
        name = metric.prometheus_name
        names |= {f"{name}_bucket", f"{name}_count"} if metric.kind == "histogram" else {name}
    assert named <= names
    assert {name.removesuffix("_bucket").removesuffix("_count") for name in names} == {
        name.removesuffix("_bucket").removesuffix("_count") for name in named
    }


def test_an_observer_that_spans_runs_is_entered_once(draw, tmp_path):
    draw("scans/a.png")
    log = tmp_path / "log"
    told = tables(["scans"], observers=[{"plugin": double("observers:Spanning"), "log": str(log)}])
    origin = FixedPipeline(lambda: check(told, tmp_path, where="test.toml", name="letters"))
    watch_origins([ObservedPipeline(origin, None)], [lambda: draw("scans/b.png")])
    assert log.read_text().split() == ["enter", "run", "run", "exit"]
