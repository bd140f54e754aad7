"""A recognizer that computes: Tesseract's command reads one page after the other in each worker process."""

import io
import subprocess
from dataclasses import dataclass
from itertools import groupby

import penstock


@dataclass(eq=False)
class Tesseract:
    """Recognizes printed pages with Tesseract.

    Parameters
    ----------
    languages
        Tesseract's names of the languages, joined by ``+``: ``"deu+fra"``.
    """

    languages: str = "eng"

    def __enter__(self) -> None:
        if missing := set(self.languages.split("+")) - set(tesseract("--list-langs").split()):
            raise penstock.StopRun(f"Tesseract lacks the language {min(missing)!r}", "install its package")

    def __exit__(self, *raised: object) -> None: ...

    @penstock.hookimpl
    def cache_key(self) -> dict[str, str]:
        return {"version": tesseract("--version").split()[1], "languages": self.languages}

    @penstock.hookimpl
    def read(self, page: penstock.Page) -> penstock.Recognition:
        picture = io.BytesIO()
        penstock.open_upright(page).save(picture, "PNG")
        table = tesseract("stdin", "stdout", "-l", self.languages, "tsv", picture=picture.getvalue())
        # Rows of level 5 are words; blank ones are pictures. Columns 1 to 4 number the page, block,
        # paragraph and line of a word.
        words = [row for line in table.split("\n") if (row := line.split("\t"))[0] == "5" and row[11].strip()]
        lines = groupby(words, key=lambda row: row[1:5])
        return penstock.Recognition(tuple(line_of(list(rows)) for _, rows in lines), recognizer="tesseract")


def line_of(rows: list[list[str]]) -> penstock.Line:
    words = []
    for row in rows:
        left, top, width, height, confidence = map(float, row[6:11])
        quad = penstock.Quad.from_box(left, top, left + width, top + height)
        words.append(penstock.Word(row[11], quad, confidence / 100))
    text = " ".join(word.text for word in words)
    return penstock.Line(text, penstock.Quad.around(word.quad for word in words), tuple(words))


def tesseract(*arguments: str, picture: bytes = b"") -> str:
    """Return what the command prints. Raises StopRun without the command, and PageRefused if it fails."""
    command = ["tesseract", *arguments]
    try:
        return subprocess.check_output(command, input=picture, stderr=subprocess.PIPE).decode()
    except FileNotFoundError:
        raise penstock.StopRun("the command tesseract is missing", "apt install tesseract-ocr") from None
    except subprocess.CalledProcessError as error:
        raise penstock.PageRefused(f"Tesseract failed: {error.stderr.decode().strip()}") from None
