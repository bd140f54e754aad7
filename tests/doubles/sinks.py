"""Sinks that fail, and sinks that are wrong."""

from __future__ import annotations

import errno
from dataclasses import dataclass

from penstock.hookspecs import hookimpl
from penstock.model import Problem, RecognizedDocument
from penstock.outputs import Outputs


@dataclass(eq=False)
class Broken:
    """Writes half of a file, and raises."""

    path: str = "out/{document}.broken"

    @hookimpl
    def write(self, document: RecognizedDocument, outputs: Outputs) -> None:
        with outputs.open(self.path) as file:
            file.write("half")
            raise ZeroDivisionError("the sink is broken")


@dataclass(eq=False)
class FullDisk:
    """Raises the error of a full disk."""

    path: str = "out/{document}.full"

    @hookimpl
    def write(self, document: RecognizedDocument, outputs: Outputs) -> None:
        with outputs.open(self.path):
            raise OSError(errno.ENOSPC, "No space left on device")


@dataclass(eq=False)
class Walker:
    """Iterates the pages twice, and warns."""

    path: str = "out/{document}.walked"

    @hookimpl
    def write(self, document: RecognizedDocument, outputs: Outputs) -> None:
        first = [page.page.number for page in document.pages]
        second = [page.page.number for page in document.pages]
        outputs.warn(Problem(document.origin, "was walked twice"))
        with outputs.open(self.path, mode="wb") as file:
            file.write(repr((first, second, len(document.pages))).encode())


@dataclass(eq=False)
class Hookless:
    """Has a write method without the hook marker."""

    def write(self, document: RecognizedDocument, outputs: Outputs) -> None:
        raise AssertionError


@dataclass(eq=False)
class Thief:
    """Implements a recognizer's hook."""

    @hookimpl
    def write(self, document: RecognizedDocument, outputs: Outputs) -> None:
        raise AssertionError

    @hookimpl
    def submit(self, page):
        raise AssertionError


@dataclass(eq=False)
class Misspelt:
    """Has a hook that does not exist."""

    @hookimpl
    def write(self, document: RecognizedDocument, outputs: Outputs) -> None:
        raise AssertionError

    @hookimpl
    def wirte(self, document: RecognizedDocument, outputs: Outputs) -> None:
        raise AssertionError


@dataclass
class Comparing:
    """Is compared by its fields, so two of them are equal."""

    @hookimpl
    def write(self, document: RecognizedDocument, outputs: Outputs) -> None:
        raise AssertionError


@dataclass(eq=False)
class Stuck:
    """Raises when it is opened or when it is closed."""

    when: str = "open"

    def __enter__(self):
        if self.when == "open":
            raise ZeroDivisionError("cannot be opened")
        return self

    def __exit__(self, *error: object) -> None:
        raise ZeroDivisionError("cannot be closed")

    @hookimpl
    def write(self, document: RecognizedDocument, outputs: Outputs) -> None:
        """Writes nothing."""


@dataclass(eq=False)
class Voice:
    """Writes the text, in capitals if it is loud."""

    path: str = "out/{document}.txt"
    loud: bool = False

    @hookimpl
    def write(self, document: RecognizedDocument, outputs: Outputs) -> None:
        with outputs.open(self.path) as file:
            for page in document.pages:
                text = page.recognition.text
                file.write((text.upper() if self.loud else text) + "\n")


@dataclass(eq=False)
class Fixed:
    """Writes one document to a fixed path."""

    document: str
    target: str

    @hookimpl
    def write(self, document: RecognizedDocument, outputs: Outputs) -> None:
        if document.name == self.document:
            with outputs.open(self.target) as file:
                file.write("not a picture")
