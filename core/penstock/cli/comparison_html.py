"""A comparison as one HTML page, which needs no other file and no network."""

from __future__ import annotations

from html import escape

import click

from penstock.cli.comparison_text import NO_PAGE, agreement
from penstock.comparison.differences import LineComparison, PageComparison, Passage, Score
from penstock.report import counted, printable

HEAD = """<!DOCTYPE html>
<html lang="en"><head><meta charset="utf-8"><title>Comparison</title>
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
<meta name="viewport" content="width=device-width, initial-scale=1">
<style>
:root { color-scheme: light dark }
body { font: 1rem/1.5 system-ui, sans-serif; max-width: 60rem; margin: 2rem auto; padding: 0 1rem;
  display: flex; flex-direction: column; overflow-wrap: anywhere }
header { order: -2 } #total { order: -1; font-weight: bold }
h2 { font-size: 1.1rem; margin: 1.5rem 0 0.25rem } p { margin: 0.25rem 0 }
.line { font-family: Georgia, serif; padding-left: 1rem; border-left: 3px solid #8886 }
del { background: #d338; text-decoration: line-through } ins { background: #3a38; text-decoration: none }
del, ins { unicode-bidi: isolate }
details { margin: 0.25rem 0 }
</style></head><body>
"""


class HtmlComparison:
    """Prints the page bit by bit: memory does not grow with the number of pages."""

    def __init__(self, names: tuple[str, str]) -> None:
        first, second = (_text(name) for name in names)
        click.echo(f"{HEAD}<header><h1>Comparison</h1><p><del>{first}</del> <ins>{second}</ins></p></header>")

    def show_page(self, document: str, number: int, page: PageComparison) -> None:
        differing = [line for line in page.lines if not line.agrees]
        same = len(page.lines) - len(differing)
        click.echo(f"<section><h2>{_text(document)}, page {number}</h2><p>{agreement(page.score)}</p>")
        for line in differing:
            click.echo(f'<p class="line" dir="auto">{_line(line)}</p>')
        if same:
            click.echo(f"<details><summary>{counted(same, 'line')} without differences</summary>")
            for line in page.lines:
                if line.agrees:
                    click.echo(f'<p class="line" dir="auto">{_line(line)}</p>')
            click.echo("</details>")
        click.echo("</section>")

    def show_total(self, total: Score, pages: int) -> None:
        text = f"{counted(pages, 'page')}: {agreement(total)}" if pages else NO_PAGE
        click.echo(f'<p id="total">{text}</p></body></html>')


def _text(text: str) -> str:
    """Return a text as HTML, with control characters and lone surrogates escaped."""
    return escape(printable(text))


def _line(line: LineComparison) -> str:
    return " ".join(_text(each.first) if each.agrees else _difference(each) for each in line.passages)


def _difference(passage: Passage) -> str:
    first, second = passage.confidences
    parts = []
    if passage.first:
        parts.append(f"<del{_title(first)}>{_text(passage.first)}</del>")
    if passage.second:
        parts.append(f"<ins{_title(second)}>{_text(passage.second)}</ins>")
    return " ".join(parts)


def _title(confidence: float | None) -> str:
    return "" if confidence is None else f' title="confidence {confidence:.2f}"'
