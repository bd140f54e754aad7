"""Components whose hooks are wrong, each in one way that an author's first evening has."""

from __future__ import annotations

import errno
from dataclasses import dataclass

from penstock.hookspecs import hookimpl


@dataclass(eq=False)
class Strangers:
    """Wants what no run gives."""

    @hookimpl
    def write(self, doc, outs, times=1):
        """Never called."""


@dataclass(eq=False)
class Wirte:
    """Misspells its only hook."""

    @hookimpl
    def wirte(self, document, outputs):
        """Never called."""


@dataclass(eq=False)
class Far:
    """Has a hook that nobody knows."""

    @hookimpl
    def write(self, document, outputs):
        """Never called."""

    @hookimpl
    def transmogrify(self):
        """Never called."""


@dataclass(eq=False)
class Unyielding:
    """Wraps without a yield."""

    @hookimpl
    def write(self, document, outputs):
        """Never called."""

    @hookimpl(wrapper=True)
    def run_finished(self, report):
        """Never called."""


@dataclass(eq=False)
class Sorts:
    """Has hooks that are no plain methods of their own name."""

    @hookimpl(specname="write")
    def put(this, document):  # noqa: N805
        """Writes nothing."""

    @hookimpl
    @staticmethod
    def run_started(pipeline):
        """Listens to nothing."""

    @hookimpl
    @classmethod
    def run_finished(cls, report):
        """Listens to nothing."""


@dataclass(eq=False)
class Raising:
    """Cannot prepare any page."""

    full: bool = False

    @hookimpl
    def prepare(self, page):
        if self.full:
            raise OSError(errno.ENOSPC, "No space left on device")
        raise ZeroDivisionError("cannot be turned")


@dataclass(eq=False)
class Giving:
    """Forgets to return the page."""

    @hookimpl
    def prepare(self, page):
        """Gives nothing."""
