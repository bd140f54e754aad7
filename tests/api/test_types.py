"""Type checkers find wrong components, and accept correct ones."""

from __future__ import annotations

import re
import subprocess
import sys

import pytest

COMMON = """
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

import penstock
from penstock import Document, Page, Problem, Recognition, RecognizedDocument, Spool, hookimpl
from penstock.report import RunReport
"""

GOOD = {
    "sinks": """
@dataclass(eq=False)
class Full:
    @hookimpl
    def write(self, document: RecognizedDocument, outputs: penstock.Outputs) -> None: ...

class WithoutOutputs:
    @hookimpl
    def write(self, document: RecognizedDocument) -> None: ...

full: penstock.Sink = Full()
penstock.read("a", sinks=[Full(), WithoutOutputs(), "pdf", ("text", {"path": "a"}), {"plugin": "json"}])
""",
    "recognizers": """
@dataclass(eq=False)
class Blank:
    @hookimpl
    def submit(self, page: Page) -> Recognition:
        return Recognition()

result: penstock.ReadResult = penstock.read(Path("a"), Blank())
penstock.read(["a", Path("b")], recognizer=("rapidocr", {"workers": 1}), budget=3, progress=True, state=None)
""",
    "sources": """
class Paper:
    @hookimpl
    def find_documents(self, spool: Spool) -> Iterator[Document | Problem]:
        yield Document("a", "a", ())

class Listed:
    @hookimpl
    def find_documents(self) -> list[Document]:
        return []

sources: list[penstock.Source] = [Paper(), Listed()]
""",
    "others": """
class Same:
    @hookimpl
    def prepare(self, page: Page) -> Page:
        return page

class Upper:
    @hookimpl
    def amend(self, page: Page, recognition: Recognition) -> Recognition:
        return recognition

class Lower:
    @hookimpl
    def amend(self, recognition: Recognition) -> Recognition:
        return recognition

class Bell:
    @hookimpl
    def run_finished(self, report: RunReport) -> None: ...

penstock.read("a", transforms=[Same(), "crop"], amenders=[Upper(), Lower()], observers=[Bell(), "progress"])
penstock.run("a.toml", observers=[Bell()], folder="a")

async def main() -> str:
    report: RunReport = await penstock.run_async({"sources": []}, observers=[Bell()])
    async_result = await penstock.read_async("a", sinks=["pdf"], max_pages=3)
    return async_result[0].text + report.pipeline
""",
}

WRONG = {
    "sink": """
class Sink:
    def write(self, document: Page, outputs: int) -> str:
        return ""
penstock.read("a", sinks=[Sink()])
""",
    "recognizer": """penstock.read(["a.png"], recognizer=3.14)""",
    "recognizer_result": """
class Recognizer:
    def submit(self, page: Page) -> str:
        return ""
penstock.read("a", Recognizer())
""",
    "object_sink": """penstock.read("a", sinks=[object()])""",
    "async_object_sink": """coroutine = penstock.read_async("a", sinks=[object()])""",
    "source": """
class Source:
    def find_documents(self) -> Iterator[int]:
        yield 3
source: penstock.Source = Source()
""",
    "transform": """
class Transform:
    def prepare(self, page: Page) -> None: ...
penstock.read("a", transforms=[Transform()])
""",
    "amender": """
class Amender:
    def amend(self, page: Page, recognition: Recognition) -> None: ...
penstock.read("a", amenders=[Amender()])
""",
    "observer": """
class Observer:
    def finished(self) -> None: ...
penstock.read("a", observers=[Observer()])
""",
    "run_observer": """
class Observer:
    def finished(self) -> None: ...
penstock.run("a", observers=[Observer()])
""",
    "option": """penstock.read("a", docment="all")""",
    "option_value": """penstock.read("a", document="book")""",
}


@pytest.fixture(scope="module")
def errors(tmp_path_factory):
    """mypy's errors by file: one run for all files, because it takes seconds."""
    pytest.importorskip("mypy")
    folder = tmp_path_factory.mktemp("types")
    for name, text in {**GOOD, **{f"wrong_{name}": text for name, text in WRONG.items()}}.items():
        (folder / f"{name}.py").write_text(COMMON + text)
    options = ["--strict", "--config-file=", "--cache-dir=.cache", "--no-error-summary"]
    command = [sys.executable, "-m", "mypy", *options, *sorted(path.name for path in folder.glob("*.py"))]
    made = subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=300)
    assert not made.stderr
    found = re.findall(r"^(\w+)\.py:\d+: error: (.*)$", made.stdout, re.MULTILINE)
    return {name: [message for file, message in found if file == name] for name, _ in found}


@pytest.mark.parametrize("name", GOOD)
def test_correct_components_are_accepted(errors, name):
    assert errors.get(name, []) == []


@pytest.mark.parametrize("name", WRONG)
def test_wrong_components_are_errors(errors, name):
    assert len(errors.get(f"wrong_{name}", [])) == 1
