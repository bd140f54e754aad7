"""A whole plugin: a sink that writes each document's text in capitals."""

from dataclasses import dataclass

from penstock import RecognizedDocument, hookimpl
from penstock.outputs import Outputs


@dataclass(eq=False)
class Shout:
    """Writes each document's text in capitals."""

    path: str = "{document}.shout.txt"

    @hookimpl
    def write(self, document: RecognizedDocument, outputs: Outputs) -> None:
        with outputs.open(self.path) as file:
            for page in document.pages:
                for line in page.recognition.lines:
                    file.write(line.text.upper() + "\n")
