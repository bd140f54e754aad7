"""Components whose hooks are wrong, each in one way."""

from __future__ import annotations

import errno
from dataclasses import dataclass

from penstock.hookspecs import hookimpl


@dataclass(eq=False)
class WrongParameters:
    """Has a hook with unknown parameters."""

    @hookimpl
    def write(self, doc, outs, times=1):
        """Never called."""


@dataclass(eq=False)
class MisspelledHook:
    """Misspells its only hook."""

    @hookimpl
    def wirte(self, document, outputs):
        """Never called."""


@dataclass(eq=False)
class UnknownHook:
    """Has a hook that is like no other."""

    @hookimpl
    def write(self, document, outputs):
        """Never called."""

    @hookimpl
    def transmogrify(self):
        """Never called."""


@dataclass(eq=False)
class WrapperWithoutYield:
    """Has a wrapper that does not yield."""

    @hookimpl
    def write(self, document, outputs):
        """Never called."""

    @hookimpl(wrapper=True)
    def run_finished(self, report):
        """Never called."""


@dataclass(eq=False)
class UnusualMethods:
    """Has hooks that are valid but are not plain methods of the same name."""

    @hookimpl(specname="write")
    def put(this, document):  # noqa: N805
        """Writes nothing."""

    @hookimpl
    @staticmethod
    def run_started(pipeline):
        """Does nothing."""

    @hookimpl
    @classmethod
    def run_finished(cls, report):
        """Does nothing."""


@dataclass(eq=False)
class RaisingTransform:
    """Raises for every page."""

    full: bool = False

    @hookimpl
    def prepare(self, page):
        if self.full:
            raise OSError(errno.ENOSPC, "No space left on device")
        raise ZeroDivisionError("cannot be turned")


@dataclass(eq=False)
class ReturnsNothing:
    """Returns None instead of a page."""

    @hookimpl
    def prepare(self, page):
        """Return None."""
