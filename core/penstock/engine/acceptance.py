"""Asks the rules of recognizers whether pages keep their results."""

from __future__ import annotations

import hashlib
import logging
import threading
from collections.abc import Mapping, Sequence

from penstock.engine.keys import KEY_SIZE, RecognizerKey
from penstock.errors import PluginError, raised_at
from penstock.model import Page, Problem, Recognition
from penstock.stages import RuleStage

_log = logging.getLogger(__name__)

MAX_FAULTS = 100


class Acceptance:
    """The rules of all recognizers that have some. Any thread; one rule is called at a time.

    ``rules`` are those of each recognizer, with their digest, which changes when a verdict may change.
    ``compares`` if every recognizer is to read every page, whatever the rules say.
    """

    def __init__(
        self, rules: Mapping[RecognizerKey, tuple[bytes, Sequence[RuleStage]]], *, compares: bool = False
    ) -> None:
        self._rules, self.compares = rules, compares
        self._calling = threading.Lock()
        self.faults: dict[str, Problem] = {}
        """The exceptions that rules raised, by the pages: those of the first hundred."""

    @property
    def any_rules(self) -> bool:
        return bool(self._rules)

    def has_rules(self, recognizer_key: RecognizerKey) -> bool:
        return recognizer_key in self._rules

    def verdict_key(self, recognizer_key: RecognizerKey, result: bytes) -> bytes:
        """Return the digest of a result, by its own digest, and of the rules that judge it."""
        digest, _ = self._rules[recognizer_key]
        return hashlib.blake2b(digest + result, digest_size=KEY_SIZE).digest()

    def accepts(self, recognizer_key: RecognizerKey, page: Page, recognition: Recognition) -> bool | None:
        """Return whether all rules of the recognizer accept its result; None if one of them raises."""
        with self._calling:
            for rule in self._rules[recognizer_key][1]:
                try:
                    if not rule.accepts(page, recognition):
                        return False
                except (Exception, SystemExit) as error:
                    self._note_fault(rule, page, error)
                    return None
        return True

    def _note_fault(self, rule: RuleStage, page: Page, error: BaseException) -> None:
        _log.warning("%s: %s raised %s: %s", page.origin, rule.title, type(error).__name__, error)
        what, where = f"{type(error).__name__}: {error}", raised_at(error)
        if isinstance(error, PluginError):  # the rule returned something else than a bool
            what, where = error.message, ""
        why = f"{what}; the reading is kept as if it were accepted"
        hint = f"this is a fault of {rule.title}{where}; tell its author, then run again"
        if len(self.faults) < MAX_FAULTS:
            self.faults[page.origin] = Problem(page.origin, why, hint, page.picture.path)
