"""`penstock service install`: writes what lets a service manager run `penstock watch`."""

from __future__ import annotations

import dataclasses
import os
import shlex
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

from penstock.cli.streams import print_lines
from penstock.config import Configured, load_file, load_tables
from penstock.errors import Complaint, ConfigurationError, OutputError, OutputExists
from penstock.options import variables_in
from penstock.report import Exit
from penstock.watching.service_files import (
    checked_name,
    label,
    launchd_plist,
    service_name,
    systemd_unit,
)

OF_LIBRARIES = ("HTTP_PROXY", "HTTPS_PROXY", "NO_PROXY", "REQUESTS_CA_BUNDLE", "PENSTOCK_PDF_PASSWORD")
"""Environment variables with an effect on any pipeline. Those of OpenTelemetry begin with ``OTEL_``."""


def install(
    files: Sequence[Path],
    name: str | None,
    *,
    force: bool,
    platform: str = sys.platform,
    home: Path | None = None,
) -> Exit:
    """Write the service of some pipeline files, and print how to start it.

    Raises ConfigurationError if a pipeline is wrong or the system has no service manager that is known,
    OutputExists if another service has the name, and OutputError if the file cannot be written.
    """
    variables = {variable for file in files for variable in _variables(file)}
    variables |= {each for each in os.environ if each in OF_LIBRARIES or each.startswith("OTEL_")}
    called = service_name(files) if name is None else checked_name(name)
    home = home or Path.home()
    if platform == "linux":
        _install_unit(files, called, sorted(variables), force=force, home=home)
    elif platform == "darwin":
        _install_agent(files, called, sorted(variables), force=force, home=home)
    else:
        what = f"knows systemd and launchd, but not the service manager of {platform}"
        instead = f"let it run: {shlex.join(['penstock', 'watch', *map(str, files)])}"
        raise ConfigurationError([Complaint("penstock service", what, instead)])
    return Exit.DONE


def _install_unit(
    files: Sequence[Path], name: str, variables: Sequence[str], *, force: bool, home: Path
) -> None:
    config = Path(os.environ.get("XDG_CONFIG_HOME") or home / ".config")
    unit, environment = f"penstock-{name}", config / "penstock" / f"{name}.env"
    path = config / "systemd/user" / f"{unit}.service"
    _write(path, _encoded(systemd_unit(name, files, environment)), force=force)
    if variables:
        print_lines(
            f"write {_listed(variables)} into {environment}, as NAME=VALUE, one in a line:",
            "    a service does not get the environment variables of your shell",
        )
    print_lines(
        "start it, now and whenever you log in:",
        f"    systemctl --user daemon-reload && systemctl --user enable --now {unit}",
        "start it with the system, and let it go on when you log out:",
        "    loginctl enable-linger",
        "see its messages:",
        f"    journalctl --user -u {unit} -f",
        "remove it:",
        f"    systemctl --user disable --now {unit} && rm {shlex.quote(str(path))}",
    )


def _install_agent(
    files: Sequence[Path], name: str, variables: Sequence[str], *, force: bool, home: Path
) -> None:
    path = home / "Library/LaunchAgents" / f"{label(name)}.plist"
    log = home / "Library/Logs" / f"penstock-{name}.log"
    _write(path, launchd_plist(name, files, log), force=force)
    shown = shlex.quote(str(path))
    if variables:
        print_lines(
            f"the pipeline needs {_listed(variables)}, but launchd does not give environment variables of",
            '    your shell: write values into the pipeline, and keys as { file = "PATH" }',
        )
    print_lines(
        "start it, now and whenever you log in:",
        f"    launchctl bootstrap gui/$(id -u) {shown}",
        "see its messages:",
        f"    tail -f {shlex.quote(str(log))}",
        "remove it:",
        f"    launchctl bootout gui/$(id -u)/{label(name)}; rm {shown}",
    )


def _listed(variables: Sequence[str]) -> str:
    return ", ".join(variables)


def _variables(file: Path) -> Iterator[str]:
    """Check a pipeline file, and yield the environment variables that it uses."""
    components = load_file(file).components
    yield from variables_in(str(load_tables(file)))
    for component in components:
        yield from _defaults(component)


def _defaults(component: Configured) -> Iterator[str]:
    """Yield the variables that fill options which the pipeline leaves out."""
    if component.table is None:
        return
    for option in dataclasses.fields(component.component):
        variable = option.metadata.get("env", "")
        if option.name not in component.table and os.environ.get(variable):
            yield variable


def _encoded(text: str) -> bytes:
    try:
        return text.encode()
    except UnicodeEncodeError:
        what = "must have names in UTF-8, because systemd reads units as UTF-8"
        raise ConfigurationError([Complaint("pipeline files", what, "rename the files")]) from None


def _write(path: Path, content: bytes, *, force: bool) -> None:
    """Write a service's file whole. Raises OutputExists if another one is there, and OutputError."""
    part = path.with_name(f".{path.name}.part")
    try:
        if path.exists() and not force and path.read_bytes() != content:
            hint = "choose another --name, or replace it with --force"
            raise OutputExists(f"{path} already exists, and differs", hint)
        path.parent.mkdir(parents=True, exist_ok=True)
        part.write_bytes(content)
        part.replace(path)
    except OSError as error:
        raise OutputError(f"{path} cannot be written ({error.strerror})", "check its permissions") from error
    print_lines(f"wrote {path}")
