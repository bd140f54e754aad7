"""Names of files that a program is still writing."""

from __future__ import annotations

from pathlib import PurePath

_SUFFIXES = frozenset(
    {
        # Copies and backups of editors, and what scanimage and FTP servers write first.
        *(".tmp", ".temp", ".part", ".partial", ".filepart", ".incomplete", ".unfinished", ".bak", ".swp"),
        # Browsers and download managers.
        *(".crdownload", ".download", ".opdownload", ".aria2", ".!ut", ".!qb", ".bc!", ".uploading"),
        *(".upload", ".lock", ".lck"),
    }
)
_BEGINNINGS = (
    # Hidden names: rsync (.name.XXXXXX, .~tmp~), Syncthing (.syncthing.name.tmp), Nextcloud, Android
    # (.pending-…), macOS over SMB (._name, .smbdelete…) and NFS (.nfs…).
    ".",
    "~$",  # Office
    "~syncthing~",  # Syncthing on Windows
)
_SAFE_SAVE = ".sb-"
"""In names of macOS programs that replace a file: ``letter.pdf.sb-1a2b3c4d-XyZ``."""


def is_unfinished(path: PurePath) -> bool:
    """Return whether a file has a temporary name, or lies in a folder with such a name.

    Only the parts of a relative path count. Letter case does not matter.
    """
    return any(map(_is_temporary, path.parts))


def _is_temporary(name: str) -> bool:
    name = name.lower()
    if name.startswith(_BEGINNINGS) or name.endswith("~") or _SAFE_SAVE in name:
        return True
    return PurePath(name).suffix in _SUFFIXES
