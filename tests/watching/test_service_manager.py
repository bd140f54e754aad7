"""What systemd is told."""

from __future__ import annotations

import socket
import threading
from pathlib import Path

import pytest

from penstock.config import check
from penstock.watching.origin import FixedPipeline
from penstock.watching.service_manager import ServiceManager
from penstock.watching.watch import Watch
from pipelines import tables
from watching.watches import Told


@pytest.fixture
def manager(tmp_path: Path):
    """Return a socket as systemd has it, and what sends to it."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as channel:
        channel.bind(str(tmp_path / "notify"))
        channel.settimeout(20)
        environment = {"NOTIFY_SOCKET": str(tmp_path / "notify"), "WATCHDOG_USEC": "200000"}
        yield channel, ServiceManager(environment)


def test_systemd_is_told_that_a_watch_begins_works_and_ends(tmp_path: Path, manager) -> None:
    channel, service = manager
    (tmp_path / "in").mkdir()
    origin = FixedPipeline(lambda: check(tables([tmp_path / "in"]), tmp_path, where="x", name="x"))
    told = Told()
    watch = Watch([origin], told, manager=service)
    thread = threading.Thread(target=watch.run)
    thread.start()
    assert channel.recv(100) == b"READY=1"
    assert [channel.recv(100) for _ in range(3)] == [b"WATCHDOG=1"] * 3
    assert watch.answers(20)
    watch.stop()
    while (state := channel.recv(100)) == b"WATCHDOG=1":
        pass
    assert state == b"STOPPING=1"
    thread.join()
    assert watch.status.is_ready
    assert not told.errors


def test_without_systemd_nothing_is_sent() -> None:
    service = ServiceManager({})
    service.ready()
    service.beat()
    assert service.beat_seconds is None


def test_the_watchdog_of_another_process_is_not_ours() -> None:
    environment = {"NOTIFY_SOCKET": "@x", "WATCHDOG_USEC": "1000", "WATCHDOG_PID": "1"}
    service = ServiceManager(environment)
    assert service.beat_seconds is None
    service.ready()  # the socket does not exist
