"""The test server answers with the results of another recognizer."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from penstock.model import Operation, Page, Pending, Recognition
from penstock.secret import Secret
from penstock.testing import AzureReadServer, Misbehaviour, recognize_with
from penstock_plugins.recognizers.azure.read import AzureRead


@dataclass
class Slow:
    """Returns a result at the second poll, with the width of the picture as the angle."""

    answers: list[Any] = field(default_factory=lambda: [Pending(), None])

    def submit(self, page: Page) -> Operation:
        return Operation({"width": page.width, "exists": page.picture.path.exists()})

    def poll(self, operation: Operation) -> Recognition | Pending:
        assert operation.data["exists"]
        return self.answers.pop(0) or Recognition((), float(operation.data["width"]) - 360)


def test_results_come_from_another_recognizer(data: Path, page_of: Callable[[Path], Page]) -> None:
    answer = recognize_with(Slow())((data / "signage.jpg").read_bytes())
    assert answer.angle == 250 - 360


def test_results_come_through_the_server(
    data: Path, page_of: Callable[[Path], Page], read_through: Callable[[Any, Page], Recognition]
) -> None:
    with (
        AzureReadServer(recognize_with(Slow([None]))) as service,
        AzureRead(endpoint=service.endpoint, key=Secret(service.key)) as recognizer,
    ):
        assert read_through(recognizer, page_of(data / "signage.jpg")).angle == -110


def test_recognizer_that_declines_is_an_error(data: Path) -> None:
    class Declines:
        def submit(self, page: Page) -> None:
            return None

    with pytest.raises(ValueError, match="declined"):
        recognize_with(Declines())((data / "signage.jpg").read_bytes())


def test_misbehaviour_of_a_submit_is_refused_for_polls() -> None:
    with pytest.raises(ValueError, match="on must be 'submit' for 'lose', got 'poll'"):
        Misbehaviour("lose", on="poll")
