"""`penstock review`: a page in the browser that shows what was recognized beside its ink."""

from __future__ import annotations

import os
from functools import partial
from importlib.util import find_spec
from pathlib import Path

import click

from penstock.cli.streams import print_lines
from penstock.errors import PenstockError
from penstock.report import Exit, counted

PASSWORD = "PENSTOCK_REVIEW_PASSWORD"  # noqa: S105  the name of a variable
MIN_PASSWORD = 8
"""Characters."""


def review(
    place: Path | None,
    *,
    host: str | None = None,
    port: int = 0,
    opens_browser: bool = True,
    password_file: Path | None = None,
    path: str = "/",
) -> Exit:
    """Serve the review page until it is interrupted. ``path`` is the page to open first, with its query.

    Raises PenstockError if a package is missing, nothing was recognized, or the address cannot be used.
    """
    require_packages()
    password = _password(host, password_file)
    from penstock.cli.scopes import scopes_of
    from penstock.review.reviewing import Reviewing
    from penstock.review.serving import Address, serve

    with Reviewing(scopes_of(place)) as reviewing:
        for problem in reviewing.problems:
            print_lines(f"warning: {problem}")
        total = reviewing.listed(limit=1)["total"]
        if not total:
            where = f" in {place}" if place else ""
            raise PenstockError(
                f"nothing was recognized{where} yet", "`penstock read` or `penstock run` does that"
            )
        serve(
            reviewing,
            Address(host, port),
            password=password,
            opens_browser=opens_browser,
            path=path,
            announce=partial(_announce, documents=counted(total, "document"), is_for_team=host is not None),
        )
    return Exit.DONE


def _announce(url: str, *, documents: str, is_for_team: bool) -> None:
    """Print where the page is."""
    click.echo(url)
    print_lines(f"reviewing {documents}; Ctrl-C ends the page")
    if is_for_team:
        print_lines("the connection is not encrypted: use it in a network that you trust")


def require_packages() -> None:
    """Raise PenstockError if a package is missing that the review page needs."""
    missing = [name for name in ("starlette", "uvicorn") if find_spec(name) is None]
    if missing:
        raise PenstockError(
            f"the review page needs more packages: {', '.join(missing)}",
            "install them: pip install 'penstock[review]'",
        )


def _password(host: str | None, file: Path | None) -> str | None:
    """Return the password of a team; None if they get the address with the token."""
    if host is None:
        if file is not None:
            raise click.UsageError("--password-file is for a team: name --host, too")
        return None
    password, place = os.environ.get(PASSWORD, ""), PASSWORD
    if file is not None:
        password, place = _read(file), str(file)
    if password and len(password) < MIN_PASSWORD:
        raise PenstockError(
            f"{place}: the password must have at least {MIN_PASSWORD} characters, got {len(password)}"
        )
    return password or None


def _read(file: Path) -> str:
    try:
        lines = file.read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else "is not UTF-8"
        raise PenstockError(f"{file}: {reason}", "--password-file must be a text file") from error
    if not lines or not lines[0]:
        raise PenstockError(f"{file}: has no password", "write the password on its first line")
    return lines[0]
