"""``python -m penstock.testing``: run `AzureReadServer` until Ctrl-C."""

from __future__ import annotations

import contextlib
import sys
import threading
from typing import Any

import click

from penstock.model import Line, Quad, Recognition, Word
from penstock.testing import AzureReadServer, recognize_with

SAMPLE_QUAD = Quad.from_box(10, 10, 110, 40)
SAMPLE = Recognition((Line("penstock", SAMPLE_QUAD, (Word("penstock", SAMPLE_QUAD, 0.99),)),), 0.0)


@click.command()
@click.option("--port", default=5000, show_default=True, help="Port; 0 for a free one.")
@click.option("--key", default="loopback", show_default=True, help="Key that calls must carry.")
@click.option("--work", default=1.2, show_default=True, help="Seconds from a submit to its result.")
@click.option("--calls-per-second", type=float, help="Rate limit: calls above it get 429.")
@click.option("--with", "recognizer", help="Name of the recognizer that answers; by default one fixed line.")
def serve(port: int, key: str, work: float, calls_per_second: float | None, recognizer: str | None) -> None:
    """Serve the APIs of Computer Vision Read and Document Intelligence on loopback."""
    with contextlib.ExitStack() as stack:
        answers = recognize_with(stack.enter_context(_opened(recognizer))) if recognizer else SAMPLE
        service = stack.enter_context(
            AzureReadServer(answers, work=work, calls_per_second=calls_per_second, key=key, port=port)
        )
        click.echo(f"AZURE_VISION_ENDPOINT={service.endpoint} AZURE_VISION_KEY={key}", file=sys.stderr)
        with contextlib.suppress(KeyboardInterrupt):
            threading.Event().wait()
        click.echo(f"{service.billed} pages billed, {len(service.calls)} calls", file=sys.stderr)


def _opened(name: str) -> Any:
    """Return a context manager of a recognizer with its default options."""
    from importlib.metadata import entry_points

    (entry,) = entry_points(group="penstock.recognizers", name=name)
    made = entry.load()()
    enter = getattr(type(made), "__enter__", None)
    return made if enter is not None else contextlib.nullcontext(made)


if __name__ == "__main__":
    serve()
