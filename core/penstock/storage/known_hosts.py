"""Checks the host keys of SFTP servers, as ``ssh`` does."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import paramiko


class KnownHosts(paramiko.MissingHostKeyPolicy):  # type: ignore[misc]
    """Accepts the host keys of ``~/.ssh/known_hosts`` only. The file system's own policy accepts any key."""

    def missing_host_key(self, client: Any, hostname: str, key: Any) -> None:  # noqa: ARG002
        """Raise SSHException unless the key is the one that is known for the host."""
        file = Path("~/.ssh/known_hosts").expanduser()
        known = paramiko.HostKeys(str(file)) if file.exists() else paramiko.HostKeys()
        if not known.check(hostname, key):
            raise paramiko.SSHException(f"the host's key is not in {file}; connect once with ssh or sftp")
