"""A source and a transform for the journal's tests."""

from __future__ import annotations

import os
import signal
from collections.abc import Callable
from dataclasses import dataclass, replace
from itertools import count
from typing import Any

from penstock.hookspecs import hookimpl
from penstock.model import Document, Page
from penstock.spool import Spool


@dataclass(eq=False)
class Dying:
    """Kills its process before or after the nth call of a function of `os`.

    The variable ``DIES_AT`` says when: ``fsync:1``, ``after replace:2``.
    """

    def __post_init__(self) -> None:
        moment, _, times = os.environ.get("DIES_AT", "").partition(":")
        if moment:
            name = moment.removeprefix("after ")
            setattr(os, name, _dying(getattr(os, name), int(times), is_after=moment != name))

    @hookimpl
    def find_documents(self) -> tuple[Document, ...]:
        return ()


def _dying(call: Callable[..., Any], times: int, *, is_after: bool) -> Callable[..., Any]:
    calls = count(1)

    def counted(*arguments: Any, **options: Any) -> Any:
        is_last = next(calls) == times
        if is_last and not is_after:
            os.kill(os.getpid(), signal.SIGKILL)
        answer = call(*arguments, **options)
        if is_last:
            os.kill(os.getpid(), signal.SIGKILL)
        return answer

    return counted


@dataclass(eq=False)
class Spooling:
    """Stores a copy of every picture in the spool."""

    @hookimpl
    def prepare(self, page: Page, spool: Spool) -> Page:
        content = page.picture.path.read_bytes() + page.origin.encode()
        kept = spool.keep(content, ".png")
        return replace(page, picture=replace(page.picture, path=kept, size=None, modified_ns=None))
