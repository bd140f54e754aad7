"""The `notify` observer: tells people by webhook, e-mail or on the desktop how a run goes."""

from __future__ import annotations

from dataclasses import dataclass

from penstock.errors import OutputError
from penstock.hookspecs import hookimpl
from penstock.model import EventContext, Problem
from penstock.report import RunReport, counted
from penstock.secret import Secret
from penstock_plugins.observers.notify.delivery import Channel, Delivery
from penstock_plugins.observers.notify.desktop import Desktop
from penstock_plugins.observers.notify.mail import Mail
from penstock_plugins.observers.notify.message import (
    DEFAULT_TEXT,
    Event,
    Message,
    check_template,
    of_report,
    text_of,
)
from penstock_plugins.observers.notify.webhook import Webhook


@dataclass(eq=False)
class Notify:
    """Sends notifications about runs. They name no scan and have no recognized text.

    A notification that cannot be delivered never fails a run; the report says so.

    Parameters
    ----------
    webhook
        An address that takes a POST request with JSON. Slack and Mattermost show its key ``text``.
    webhook_secret
        Signs requests, as standardwebhooks.com describes.
    mail_to
        E-mail addresses. They need ``smtp`` and ``mail_from``.
    mail_from
        The sender's address.
    smtp
        The mail server: ``smtps://HOST`` (port 465), or ``smtp://HOST`` (port 587), which is encrypted if the
        server offers STARTTLS.
    smtp_user, smtp_password
        Sign in there. They are not sent without encryption, except to this machine.
    desktop
        Show notifications on this machine's desktop, by ``notify-send`` or ``osascript``.
    when
        What is told: ``finished`` (a run ended and had something to do), ``failed`` (a run with failures
        ended), ``stopped`` (a run or a recognizer stopped early), ``outage`` (a service is down or a disk is
        full, and the run waits).
    text
        The text, with fields in braces: ``{pipeline}``, ``{message}``, ``{event}``, ``{run}``, ``{runs}``,
        ``{pages_read}``, ``{pages_known}``, ``{failed}``, ``{documents_written}``, ``{cost}``.
    every
        Seconds after a notification in which further ones wait, to be sent as one. What still waits is sent
        at the end.
    """

    spans_runs = True  # so that a watch sends no message for each file

    webhook: str = ""
    webhook_secret: Secret | None = None
    mail_to: tuple[str, ...] = ()
    mail_from: str = ""
    smtp: str = ""
    smtp_user: str = ""
    smtp_password: Secret | None = None
    desktop: bool = False
    when: tuple[Event, ...] = ("failed", "stopped", "outage")
    text: str = DEFAULT_TEXT
    every: float = 600.0

    def __post_init__(self) -> None:
        check_template(self.text)
        if not self.every >= 0:
            raise ValueError(f"every must be a number of seconds of 0 or more, got {self.every}")
        self._channels = self._made_channels()
        self._delivery: Delivery | None = None
        self._pipeline = ""
        self._down: set[str] = set()  # what is down, and was told

    def _made_channels(self) -> list[Channel]:
        channels: list[Channel] = []
        if self.webhook:
            channels.append(Webhook(self.webhook, self.webhook_secret))
        if self.mail_to:
            channels.append(Mail(self.smtp, self.mail_from, self.mail_to, self.smtp_user, self.smtp_password))
        if self.desktop:
            channels.append(Desktop())
        if not channels:
            raise ValueError("notify needs webhook, mail_to or desktop = true")
        return channels

    def __enter__(self) -> Notify:
        """Start the thread that delivers."""
        self._delivery = Delivery(self._channels, lambda message: text_of(message, self.text), self.every)
        return self

    def __exit__(self, *_error: object) -> None:
        """Deliver what waits. Raises OutputError if something was not delivered."""
        delivery, self._delivery = self._delivery, None
        failures = delivery.close() if delivery else {}
        if failures:
            why = "; ".join(f"{title}: {reason}" for title, reason in failures.items())
            raise OutputError(f"a notification was not delivered: {why}", "check the options of notify")

    @hookimpl
    def run_started(self, pipeline: str) -> None:
        self._pipeline = pipeline
        self._down.clear()

    @hookimpl
    def recognizer_down(self, problem: Problem, context: EventContext) -> None:
        self._tell_outage(context.recognizer, problem, context)

    @hookimpl
    def recognizer_up(self, seconds: float, context: EventContext) -> None:
        self._tell_end_of_outage(context.recognizer, f"{context.recognizer} answers again", seconds, context)

    @hookimpl
    def disk_full(self, problem: Problem, context: EventContext) -> None:
        self._tell_outage("disk", problem, context)

    @hookimpl
    def disk_freed(self, seconds: float, context: EventContext) -> None:
        self._tell_end_of_outage("disk", "there is room on the disk again", seconds, context)

    @hookimpl
    def recognizer_stopped(self, problem: Problem, context: EventContext) -> None:
        self._tell("stopped", f"{context.recognizer} gets no more pages: {problem.why}", context)

    @hookimpl
    def run_finished(self, report: RunReport, context: EventContext) -> None:
        message = of_report(report, context.run)
        has_worked = report.pages_read or report.documents_written or report.failed or report.stopped
        is_told = message.event in self.when or (message.runs and "finished" in self.when)
        if message.event == "stopped" and report.failed:
            is_told = is_told or "failed" in self.when
        if has_worked and is_told:
            self._put(message)

    def _tell_outage(self, what: str, problem: Problem, context: EventContext) -> None:
        if what not in self._down:  # the event is repeated
            self._down.add(what)
            self._tell("outage", f"the run waits: {problem.why}", context)

    def _tell_end_of_outage(self, what: str, text: str, seconds: float, context: EventContext) -> None:
        if what in self._down:
            self._down.remove(what)
            self._tell("outage", f"{text}, after {counted(round(seconds / 60), 'minute')}", context)

    def _tell(self, event: Event, text: str, context: EventContext) -> None:
        if event in self.when:
            self._put(Message(event, self._pipeline, context.run, text))

    def _put(self, message: Message) -> None:
        if self._delivery is not None:
            self._delivery.put(message)
