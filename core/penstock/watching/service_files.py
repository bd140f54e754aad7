"""The files that let systemd and launchd run a watch: a unit, and the property list of an agent."""

from __future__ import annotations

import plistlib
import re
import sys
import unicodedata
from collections.abc import Sequence
from pathlib import Path

from penstock.errors import Complaint, ConfigurationError

MANUAL = "https://penstock-ocr.github.io/penstock/how-to/service/"
NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,99}")
"""What both service managers take for a name."""
DEFAULT_STEM = "penstock"
"""The stem of the pipeline file that `penstock init` writes, and so of many pipelines."""

_UNIT = """\
# Written by `penstock service install`. Change it with `systemctl --user edit {unit}`.
[Unit]
Description=penstock watch: {name}
Documentation={manual}

[Service]
Type=notify
ExecStart={command}
EnvironmentFile=-{variables}
# Only penstock is told to end. It ends its workers after the pages in flight.
KillMode=mixed
TimeoutStartSec=5min
TimeoutStopSec=2min
WatchdogSec=2min
Restart=on-failure
RestartSec=10
# The pipeline is wrong, or another watch uses its state folder.
RestartPreventExitStatus=2
Nice=10
NoNewPrivileges=yes
LockPersonality=yes
RestrictRealtime=yes
RestrictSUIDSGID=yes
RestrictNamespaces=yes
RestrictAddressFamilies=AF_UNIX AF_INET AF_INET6 AF_NETLINK
SystemCallArchitectures=native

[Install]
WantedBy=default.target
"""


def service_name(files: Sequence[Path]) -> str:
    """Return the name of the service of some pipeline files: ``letters`` for letters.toml.

    A file penstock.toml is named after its folder. Letters that service managers do not take are replaced.
    """
    named = [
        file.parent.name if file.stem == DEFAULT_STEM else file.stem for file in map(Path.absolute, files)
    ]
    plain = unicodedata.normalize("NFKD", "-".join(named)).encode("ascii", "ignore").decode()
    return re.sub(r"[^A-Za-z0-9_.]+", "-", plain).strip("-.")[:100] or "watch"


def checked_name(name: str) -> str:
    """Return a name that a person chose. Raises ConfigurationError if service managers do not take it."""
    if not NAME.fullmatch(name):
        what = f"must be letters A to Z, digits and - _ . with a letter or digit first, got {name!r}"
        raise ConfigurationError([Complaint("--name", what, "use a name such as letters")])
    return name


def command_of(files: Sequence[Path]) -> list[str]:
    """Return the command that watches pipeline files, with full paths."""
    # With -P, no module is imported from the folder in which the service runs.
    return [sys.executable, "-P", "-m", "penstock", "watch", *(str(file.absolute()) for file in files)]


def systemd_unit(name: str, files: Sequence[Path], variables: Path) -> str:
    """Return the unit of a user, for systemd 244 or newer.

    Parameters
    ----------
    variables
        A file with environment variables. It may be missing.
    """
    program, *arguments = command_of(files)
    # The colon turns off that systemd replaces $NAME.
    words = [f":{program}", *arguments]
    return _UNIT.format(
        unit=f"penstock-{name}",
        name=name,
        manual=MANUAL,
        command=" ".join(_quoted(word) for word in words),
        variables=str(variables).replace("%", "%%"),
    )


def _quoted(word: str) -> str:
    """Return a word of a command line, in which systemd reads every character as itself."""
    escaped = word.replace("\\", "\\\\").replace('"', '\\"').replace("%", "%%")
    escaped = re.sub(r"[\x00-\x1f]", lambda char: f"\\x{ord(char[0]):02x}", escaped)
    return escaped if re.fullmatch(r"[\w@%+=:,./-]+", escaped) else f'"{escaped}"'


def launchd_plist(name: str, files: Sequence[Path], log: Path) -> bytes:
    """Return the property list of an agent, which writes its messages to the file ``log``."""
    return plistlib.dumps(
        {
            "Label": label(name),
            "ProgramArguments": command_of(files),
            "RunAtLoad": True,
            "KeepAlive": {"SuccessfulExit": False},
            "ExitTimeOut": 120,
            "ThrottleInterval": 10,
            "ProcessType": "Background",
            "StandardErrorPath": str(log),
            "StandardOutPath": str(log),
        },
        sort_keys=False,
    )


def label(name: str) -> str:
    """Return the label of an agent."""
    return f"io.github.penstock-ocr.{name}"
