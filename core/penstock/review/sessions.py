"""Who may use the review page: tokens, a password, and the sessions that browsers have.

A browser gets a session for a token in an address or for the password, and keeps its id in a cookie.
"""

from __future__ import annotations

import hmac
import secrets
import time
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass

MAX_SESSIONS = 1000
"""Sessions at a time. The oldest ends when there are more."""
MAX_WRONG = 5
"""Wrong passwords from one address within `PERIOD`."""
PERIOD = 60.0
"""Seconds after which a wrong password is forgotten."""
MAX_ADDRESSES = 1000
"""Addresses whose wrong passwords are counted. If there are more, all have to wait."""


@dataclass(slots=True)
class Session:
    """A browser that may use the review page. ``name`` is the reviewer's; None if it must be asked for."""

    name: str | None


class Sessions:
    """The sessions of a server. Used on the thread of the event loop.

    Parameters
    ----------
    password
        What opens a session beside the token; None if there is no password.
    asks_names
        Whether each reviewer has to give a name.
    """

    def __init__(
        self,
        *,
        password: str | None = None,
        asks_names: bool = False,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.token = secrets.token_urlsafe(32)
        """Opens sessions as long as the server runs."""
        self._once = secrets.token_urlsafe(32)
        self._password, self._asks_names = password, asks_names
        self._sessions: OrderedDict[str, Session] = OrderedDict()
        self._wrong = _WrongPasswords(clock)

    @property
    def token_for_once(self) -> str:
        """A token that opens a single session. Other users may see it among the arguments of the browser."""
        return self._once

    @property
    def has_password(self) -> bool:
        """Whether a password opens a session."""
        return self._password is not None

    def find(self, identity: str | None) -> Session | None:
        """Return the session with an id; None if there is no such session."""
        return self._sessions.get(identity) if identity else None

    def open_with_token(self, token: str) -> str | None:
        """Return the id of a new session; None if the token is wrong."""
        if _same(token, self._once):
            self._once = secrets.token_urlsafe(32)
        elif not _same(token, self.token):
            return None
        return self._new(Session(None if self._asks_names else ""))

    def open_with_password(self, password: str, name: str) -> str | None:
        """Return the id of a new session; None if the password is wrong."""
        if self._password is None or not _same(password, self._password):
            return None
        return self._new(Session(name))

    def seconds_to_wait(self, address: str) -> float:
        """Return how long an address has to wait before it may try a password; 0 if it may now."""
        return self._wrong.seconds_to_wait(address)

    def note_wrong_password(self, address: str) -> None:
        """Count a wrong password."""
        self._wrong.note(address)

    def _new(self, session: Session) -> str:
        identity = secrets.token_urlsafe(32)
        self._sessions[identity] = session
        if len(self._sessions) > MAX_SESSIONS:
            self._sessions.popitem(last=False)
        return identity


class _WrongPasswords:
    """When wrong passwords came, by address."""

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._times: dict[str, list[float]] = {}

    def seconds_to_wait(self, address: str) -> float:
        self._forget_old()
        if len(self._times) >= MAX_ADDRESSES:
            return PERIOD
        times = self._times.get(address, [])
        return times[-MAX_WRONG] + PERIOD - self._clock() if len(times) >= MAX_WRONG else 0.0

    def note(self, address: str) -> None:
        self._times.setdefault(address, []).append(self._clock())

    def _forget_old(self) -> None:
        oldest = self._clock() - PERIOD
        recent = {
            address: [each for each in times if each > oldest] for address, times in self._times.items()
        }
        self._times = {address: times for address, times in recent.items() if times}


def _same(given: str, right: str) -> bool:
    """Compare in a time that does not depend on where the texts differ."""
    return hmac.compare_digest(given.encode("utf-8", "surrogatepass"), right.encode())
