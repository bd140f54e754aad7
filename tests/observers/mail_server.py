"""A mail server on the loopback interface, as far as RFC 5321 needs it to take e-mails."""

from __future__ import annotations

import base64
import socketserver
import threading
from types import TracebackType


class MailServer:
    """Keeps the e-mails that it gets, and the passwords. A context manager.

    Parameters
    ----------
    refusals
        Answers to the first commands RCPT, such as ``451 try later``; later ones are accepted.
    """

    def __init__(self, refusals: tuple[str, ...] = ()) -> None:
        self.mails: list[str] = []
        self.recipients: list[str] = []
        self.passwords: list[str] = []
        left = list(refusals)
        server = self

        class Session(socketserver.StreamRequestHandler):
            def say(self, text: str) -> None:
                self.wfile.write(f"{text}\r\n".encode())

            def handle(self) -> None:
                self.say("220 ready")
                for line in iter(self.rfile.readline, b""):
                    command, _, rest = line.decode().strip().partition(" ")
                    command = command.upper()
                    if command == "EHLO":
                        self.say("250-here\r\n250 AUTH PLAIN")
                    elif command == "AUTH":
                        given = base64.b64decode(rest.partition(" ")[2]).decode()
                        server.passwords.append(given.split("\0")[2])
                        self.say("235 welcome")
                    elif command == "RCPT" and left:
                        self.say(left.pop(0))
                    elif command == "DATA":
                        self.say("354 go on")
                        server.mails.append(self.content())
                        self.say("250 taken")
                    elif command == "QUIT":
                        self.say("221 bye")
                        return
                    else:
                        server.recipients += [rest] if command == "RCPT" else []
                        self.say("250 ok")

            def content(self) -> str:
                lines = iter(self.rfile.readline, b".\r\n")
                return b"".join(lines).decode()

        self._server = socketserver.ThreadingTCPServer(("127.0.0.1", 0), Session)
        self._server.daemon_threads = True
        self.address = f"smtp://127.0.0.1:{self._server.server_address[1]}"

    def __enter__(self) -> MailServer:
        threading.Thread(target=self._server.serve_forever, args=(0.02,), daemon=True).start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._server.shutdown()
        self._server.server_close()
