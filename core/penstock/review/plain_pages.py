"""Pages of the server that need no script."""

from __future__ import annotations

import html

from starlette.responses import HTMLResponse

_PAGE = """<!DOCTYPE html>
<html lang="en">
<head>
  <meta charset="utf-8">
  <meta name="viewport" content="width=device-width, initial-scale=1">
  <title>{title} · penstock review</title>
  <link rel="icon" href="/static/icon.svg" type="image/svg+xml">
  <link rel="stylesheet" href="/static/style.css">
  <link rel="stylesheet" href="/static/login.css">
</head>
<body>
  <main class="plain">
    <h1>{title}</h1>
{content}
  </main>
</body>
</html>
"""


def plain_page(title: str, content: str, status: int = 200) -> HTMLResponse:
    """Return a page. ``title`` is a text, and ``content`` is HTML."""
    return HTMLResponse(_PAGE.format(title=html.escape(title), content=content), status)


def paragraph(text: str, *, kind: str = "") -> str:
    """Return a text as HTML. ``kind`` is a class, and the text of the class "problem" is read out at once."""
    attributes = f' class="{kind}"' + (' role="alert"' if kind == "problem" else "") if kind else ""
    return f"<p{attributes}>{html.escape(text)}</p>"
