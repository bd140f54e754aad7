"""Sends a notification by e-mail."""

from __future__ import annotations

import ipaddress
import smtplib
import ssl
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from email.message import EmailMessage
from email.utils import formatdate, make_msgid
from urllib.parse import urlsplit

from penstock.secret import Secret
from penstock_plugins.observers.notify.message import Message
from penstock_plugins.observers.notify.retrying import NotDelivered

TIMEOUT = 10.0
PORTS = {"smtp": 587, "smtps": 465}


@dataclass(frozen=True, slots=True)
class Mail:
    """A server that takes e-mails. Raises ValueError for options that do not fit together."""

    server: str
    sender: str
    recipients: Sequence[str]
    user: str = ""
    password: Secret | None = None

    def __post_init__(self) -> None:
        split = urlsplit(self.server)
        if split.scheme not in PORTS or not split.hostname or split.path.strip("/"):
            raise ValueError(f"smtp must be smtp://HOST:PORT or smtps://HOST:PORT, got {self.server!r}")
        if split.username or split.password:
            raise ValueError("smtp must not have a user or a password; use smtp_user and smtp_password")
        for address in (self.sender, *self.recipients):
            if "@" not in address or any(each in address for each in "\r\n"):
                raise ValueError(f"mail_from and mail_to must be e-mail addresses, got {address!r}")
        if bool(self.user) != (self.password is not None):
            raise ValueError("smtp_user and smtp_password must be given together")

    @property
    def title(self) -> str:
        """The server for messages."""
        return f"the mail server {urlsplit(self.server).netloc}"

    def send(self, message: Message, text: str, time: float) -> None:
        """Send a notification. Raises NotDelivered."""
        mail = EmailMessage()
        mail["Subject"] = text.splitlines()[0][:200] if text.strip() else "penstock"
        mail["From"], mail["To"] = self.sender, ", ".join(self.recipients)
        mail["Date"], mail["Message-ID"] = formatdate(time), make_msgid(domain="penstock.invalid")
        mail["Auto-Submitted"] = "auto-generated"  # RFC 3834: no vacation notice is wanted
        mail.set_content(f"{text}\n\npipeline {message.pipeline}, run {message.run}\n")
        try:
            with self._connected() as server:
                if self.password is not None:
                    server.login(self.user, self.password.reveal())
                refused = server.send_message(mail)
        except smtplib.SMTPRecipientsRefused as error:
            raise _refused(error.recipients, was_sent=False) from None
        except smtplib.SMTPResponseException as error:
            raise NotDelivered(
                f"it answered {error.smtp_code}", is_temporary=error.smtp_code // 100 == 4
            ) from None
        except ssl.SSLCertVerificationError as error:
            raise NotDelivered(
                f"its certificate is not trusted: {error.verify_message}", is_temporary=False
            ) from None
        except (smtplib.SMTPException, OSError) as error:
            raise NotDelivered(type(error).__name__, is_temporary=isinstance(error, OSError)) from None

        if refused:
            raise _refused(refused, was_sent=True)

    def _connected(self) -> smtplib.SMTP:
        split = urlsplit(self.server)
        host, port = split.hostname or "", split.port or PORTS[split.scheme]
        context = ssl.create_default_context()
        if split.scheme == "smtps":
            return smtplib.SMTP_SSL(host, port, timeout=TIMEOUT, context=context)
        server = smtplib.SMTP(host, port, timeout=TIMEOUT)
        try:
            server.ehlo()
            if server.has_extn("starttls"):
                server.starttls(context=context)
            elif self.password is not None and not is_loopback(host):
                raise NotDelivered("it offers no encryption, so the password is not sent", is_temporary=False)
        except BaseException:
            server.close()
            raise
        return server


def _refused(recipients: Mapping[str, tuple[int, bytes]], *, was_sent: bool) -> NotDelivered:
    codes = sorted({code for code, _ in recipients.values()})
    why = f"{len(recipients)} of the recipients were refused: {', '.join(map(str, codes))}"
    return NotDelivered(why, is_temporary=not was_sent and all(code // 100 == 4 for code in codes))


def is_loopback(host: str) -> bool:
    """Return whether a host is this machine."""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
