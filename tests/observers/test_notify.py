"""The notify observer tells of runs by real servers on loopback; what it cannot deliver fails no run."""

from __future__ import annotations

import base64
import email
import email.policy
import hashlib
import hmac
import json
import logging
import os
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from observers.mail_server import MailServer
from penstock.secret import Secret
from penstock.testing import ObserverConformance
from penstock_plugins.observers.notify import Notify
from penstock_plugins.observers.notify.delivery import Delivery
from penstock_plugins.observers.notify.desktop import command_for
from penstock_plugins.observers.notify.mail import Mail
from penstock_plugins.observers.notify.message import Message
from penstock_plugins.observers.notify.retrying import WAITS, NotDelivered, deliver
from penstock_plugins.observers.notify.webhook import Webhook
from pipelines import tables

MESSAGE = Message("failed", "letters", "run-1", "3 pages read, 1 failure", failed=1, runs=1)


class Hook:
    """A web server that keeps what is posted."""

    def __init__(self, *statuses: int) -> None:
        self.posts: list[tuple[dict[str, str], bytes]] = []
        left, posts = list(statuses), self.posts

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                posts.append(({name.lower(): value for name, value in self.headers.items()}, body))
                self.send_response(left.pop(0) if left else 200)
                self.send_header("Location", "/elsewhere")
                self.send_header("Content-Length", "0")
                self.end_headers()

            def log_message(self, *_: Any) -> None:
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}/hooks/key-in-path"

    @property
    def bodies(self) -> list[dict[str, Any]]:
        return [json.loads(body) for _, body in self.posts]


@pytest.fixture
def hook() -> Iterator[Any]:
    """Start web servers that answer with these statuses first."""
    started: list[Hook] = []

    def start(*statuses: int) -> Hook:
        made = Hook(*statuses)
        threading.Thread(target=made.server.serve_forever, args=(0.02,), daemon=True).start()
        started.append(made)
        return made

    yield start
    for each in started:
        each.server.shutdown()
        each.server.server_close()


class TestNotify(ObserverConformance):
    component = Notify

    @pytest.fixture(autouse=True)
    def _url(self, hook):
        self.url = hook().url

    def make(self, folder: Path) -> Notify:
        return Notify(webhook=self.url)


@pytest.fixture
def notified(run_tables, draw):
    """Run a page by this script with the observer; returns the report."""

    def run(script: list[str], **options: Any):
        told = tables([draw("letter.png")], script={"letter": script})
        told["observers"] = [{"plugin": "notify", **options}]
        return run_tables(told)

    return run


def test_a_run_with_failures_is_told_by_webhook_without_names_of_files(notified, hook):
    server = hook()
    notified(["refuse"], webhook=server.url)
    (body,) = server.bodies
    assert body["text"] == "test: 0 pages read, 1 failure, 0 documents written"
    assert (body["event"], body["pipeline"], body["failed"], body["runs"]) == ("failed", "test", 1, 1)
    assert "letter" not in json.dumps(body)


def test_a_run_without_failures_is_told_only_on_request(notified, hook):
    server = hook()
    notified(["read"], webhook=server.url)
    assert not server.posts
    text = "{event}! {documents_written} written"
    notified(["read"], webhook=server.url, when=["finished"], text=text)  # nothing to do
    assert not server.posts


def test_the_text_follows_the_template(notified, hook):
    server = hook()
    notified(["read"], webhook=server.url, when=["finished"], text="{event}! {pages_read}\n{{x}}")
    assert [body["text"] for body in server.bodies] == ["finished! 1\n{x}"]


def test_requests_are_signed(hook, monkeypatch):
    server = hook()
    key = b"0123456789abcdef"
    for secret in ("whsec_" + base64.b64encode(key).decode(), key.decode()):
        Webhook(server.url, Secret(secret)).send(MESSAGE, "text", 1_700_000_000.5)
    for headers, body in server.posts:
        signed = f"{headers['webhook-id']}.{headers['webhook-timestamp']}.".encode() + body
        expected = base64.b64encode(hmac.digest(key, signed, hashlib.sha256)).decode()
        assert headers["webhook-signature"] == f"v1,{expected}"
        assert headers["webhook-timestamp"] == "1700000000"


def test_temporary_failures_are_repeated(hook):
    server = hook(503, 429)
    waits: list[float] = []
    deliver(lambda: Webhook(server.url).send(MESSAGE, "text", 0.0), waits.append)
    assert waits == [*WAITS[:2]]
    assert len(server.posts) == 3


@pytest.mark.parametrize("status", [400, 302])
def test_other_answers_are_final_and_redirects_are_not_followed(hook, status):
    server = hook(status)
    with pytest.raises(NotDelivered, match=f"it answered {status}"):
        deliver(lambda: Webhook(server.url).send(MESSAGE, "text", 0.0), wait=pytest.fail)
    assert len(server.posts) == 1


def test_a_failed_notification_fails_no_run_and_shows_no_secret(notified, hook, caplog, monkeypatch):
    caplog.set_level(logging.DEBUG)
    server = hook(401)
    monkeypatch.setenv("HOOK_KEY", "a-secret-key")
    report = notified(["refuse"], webhook=server.url, webhook_secret="${HOOK_KEY}")  # noqa: S106
    assert report.exit_code == 1
    (warning,) = report.warnings
    address = server.url.partition("/hooks")[0]
    assert warning.why == f"a notification was not delivered: the webhook at {address}: it answered 401"
    for secret in ("a-secret-key", "key-in-path"):
        assert secret not in str(report)
        assert secret not in caplog.text.replace("POST /hooks/key-in-path", "")


def test_a_run_is_told_by_mail(notified, monkeypatch):
    monkeypatch.setenv("MAIL_PASSWORD", "pass-1")
    with MailServer() as server:
        notified(
            ["refuse"],
            mail_to=["me@example.org", "you@example.org"],
            mail_from="penstock@example.org",
            smtp=server.address,
            smtp_user="penstock",
            smtp_password="${MAIL_PASSWORD}",  # noqa: S106
        )
    assert server.passwords == ["pass-1"]
    assert server.recipients == ["TO:<me@example.org>", "TO:<you@example.org>"]
    mail = email.message_from_string(server.mails[0], policy=email.policy.default)
    assert mail["Subject"] == "test: 0 pages read, 1 failure, 0 documents written"
    assert (mail["From"], mail["To"]) == ("penstock@example.org", "me@example.org, you@example.org")
    assert mail["Auto-Submitted"] == "auto-generated"
    assert "pipeline test, run " in mail.get_content()
    assert "pass-1" not in server.mails[0]


@pytest.mark.parametrize(("answer", "tries"), [("451 try later", 2), ("550 no such user", 1)])
def test_a_mail_is_repeated_if_the_server_says_so(answer, tries):
    made: list[int] = []

    def send() -> None:
        made.append(1)
        mail.send(MESSAGE, "text", 0.0)

    with MailServer((answer,)) as server:
        mail = Mail(server.address, "a@example.org", ["b@example.org"])
        try:
            deliver(send, lambda _: None)
        except NotDelivered as error:
            assert str(error) == "1 of the recipients were refused: 550"  # noqa: PT017
    assert len(made) == tries
    assert len(server.mails) == tries - 1


def test_a_password_is_not_sent_in_the_clear(monkeypatch):
    monkeypatch.setattr("penstock_plugins.observers.notify.mail.is_loopback", lambda _: False)
    with MailServer() as server:
        mail = Mail(server.address, "a@example.org", ["b@example.org"], "me", Secret("pass-1"))
        with pytest.raises(NotDelivered, match="it offers no encryption"):
            mail.send(MESSAGE, "text", 0.0)
    assert not server.passwords


@pytest.mark.skipif(os.name != "posix", reason="the program is a shell script")
def test_a_run_is_told_on_the_desktop(notified, tmp_path, monkeypatch):
    program = tmp_path / "bin" / "notify-send"
    program.parent.mkdir()
    program.write_text(f'#!/bin/sh\nprintf "%s\\n" "$@" > {tmp_path}/shown\n')
    program.chmod(0o755)
    monkeypatch.setattr("sys.platform", "linux")
    monkeypatch.setenv("PATH", f"{program.parent}:{os.environ['PATH']}")
    notified(["refuse"], desktop=True)
    shown = (tmp_path / "shown").read_text().splitlines()
    assert shown[-2:] == ["penstock: test", "test: 0 pages read, 1 failure, 0 documents written"]


def test_macos_gets_the_text_as_an_argument():
    assert command_for("title", 'a "quoted" text', platform="darwin")[-2:] == ["title", 'a "quoted" text']


class Recorder:
    title = "the test"

    def __init__(self) -> None:
        self.sent: list[str] = []

    def send(self, message: Message, text: str, time: float) -> None:
        self.sent.append(message.message)


def test_notifications_that_follow_each_other_are_joined():
    recorder, first = Recorder(), threading.Event()

    def text(message: Message) -> str:
        first.set()
        return message.message

    delivery = Delivery([recorder], text, every=600.0, now=lambda: 0.0)
    delivery.put(MESSAGE)
    assert first.wait(30)
    delivery.put(MESSAGE)
    delivery.put(Message("outage", "letters", "run-1", "the run waits: no connection"))
    delivery.put(MESSAGE)
    assert delivery.close() == {}
    assert recorder.sent == [
        "3 pages read, 1 failure",
        "the run waits: no connection; 2 runs: 0 pages read, 2 failures, 0 documents written",
    ]


def test_an_outage_is_told_once_with_its_end(run_tables, draw, hook):
    server = hook()
    told = tables([draw("letter.png")], script={"letter": ["unreachable"] * 5 + ["read"]})
    told["observers"] = [{"plugin": "notify", "webhook": server.url, "every": 0}]
    run_tables(told)
    assert [body["event"] for body in server.bodies] == ["outage", "outage"]
    assert "the run waits: " in server.bodies[0]["message"]
    assert "answers again, after" in server.bodies[1]["message"]


@pytest.mark.parametrize(
    ("options", "why"),
    [
        ({}, "notify needs webhook, mail_to or desktop"),
        ({"webhook": "ftp://example.org"}, "webhook must be an address"),
        ({"desktop": True, "text": "{name}"}, "must have only the fields .*got {name}"),
        ({"desktop": True, "text": "{pipeline.x}"}, "must have only the fields"),
        ({"desktop": True, "text": "{"}, "text is no template"),
        ({"desktop": True, "every": -1.0}, "every must be a number of seconds"),
        ({"mail_to": ("a@example.org",)}, "smtp must be smtp://HOST:PORT"),
        ({"mail_to": ("a",), "smtp": "smtp://h", "mail_from": "b@c"}, "must be e-mail addresses, got 'a'"),
        (
            {"mail_to": ("a@b",), "smtp": "smtp://h", "mail_from": "b@c", "smtp_user": "me"},
            "must be given together",
        ),
    ],
)
def test_options_are_checked(options, why):
    with pytest.raises(ValueError, match=why):
        Notify(**options)
