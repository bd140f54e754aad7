"""Reads the keys of a recognizer again, from the files that hold them, when the service refuses a key."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from penstock.engine.jobs import Call
from penstock.errors import UNAUTHORIZED, StopRun
from penstock.model import Problem
from penstock.secret import secrets_in

_log = logging.getLogger(__name__)


class SecretFiles:
    """The files with the secrets of one recognizer; used on the main thread only."""

    def __init__(self, options: Mapping[str, Any]) -> None:
        self._secrets = [each for value in options.values() for each in secrets_in(value) if each.file]
        self.times_read = 0
        """How often another secret was found."""

    def allow_another_try(self, call: Call, error: BaseException | None) -> bool:
        """Return whether a call was refused for its key, and there is another key by now."""
        if not self._is_refused_key(error):
            return False
        if call.secrets_read < self.times_read:  # another call, refused as well, had the files read
            return True
        changed = [each for each in self._secrets if each.read_again()]
        if not changed:
            return False
        self.times_read += 1
        _log.warning("a key was refused; another one is in %s", self._names)
        return True

    def explained(self, problem: Problem, error: BaseException) -> Problem:
        """Return the problem of a refused key with the files that were read again."""
        if not self._is_refused_key(error):
            return problem
        why = f"{problem.why}; {self._names} was read again and holds no other key"
        hint = "; ".join(filter(None, [problem.hint, f"write the valid key into {self._names}"]))
        return replace(problem, why=why, hint=hint)

    def _is_refused_key(self, error: BaseException | None) -> bool:
        return bool(self._secrets) and isinstance(error, StopRun) and error.code == UNAUTHORIZED

    @property
    def _names(self) -> str:
        return ", ".join(str(each.file) for each in self._secrets)
