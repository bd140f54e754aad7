"""Tell pictures from other files in a folder: by their names where those tell, else by their content."""

from __future__ import annotations

import stat
from dataclasses import dataclass, field
from pathlib import Path, PurePath

SHOWN = 5
"""Files of one kind that are named; the others are counted."""

SYSTEM_FOLDERS = frozenset(
    {
        *("@eadir", "@recycle", "@recently-snapshot", "#recycle", "#snapshot", "$recycle.bin", "recycler"),
        *("system volume information", "lost+found", "__macosx"),
    }
)
"""Folders of thumbnails, deleted files and snapshots, in lower case. Others begin with a dot."""

_SYSTEM_FILES = ("thumbs.db", "ehthumbs.db", "desktop.ini", "synophoto_thumb_", "synovideo_")
"""Beginnings of the names of files that systems put beside pictures, in lower case."""

_OWN_OUTPUTS = frozenset({".txt", ".json"})
"""Suffixes of files that penstock itself writes beside pictures."""

_OTHER_SUFFIXES = frozenset(
    {
        *(".txt", ".md", ".rst", ".log", ".csv", ".tsv", ".json", ".jsonl", ".xml", ".html"),
        *(".htm", ".css", ".js", ".toml", ".yaml", ".yml", ".ini", ".cfg", ".conf", ".py", ".sh"),
        *(".bat", ".ps1", ".sql", ".tex", ".bib", ".doc", ".docx", ".odt", ".rtf", ".xls", ".xlsx"),
        *(".ods", ".ppt", ".pptx", ".odp", ".epub", ".eml", ".msg", ".zip", ".gz", ".tar", ".tgz"),
        *(".bz2", ".xz", ".7z", ".rar", ".iso", ".dmg", ".exe", ".dll", ".so", ".mp3", ".wav"),
        *(".flac", ".m4a", ".ogg", ".mp4", ".mov", ".avi", ".mkv", ".webm", ".m4v", ".3gp", ".dng"),
        *(".nef", ".cr2", ".cr3", ".arw", ".orf", ".rw2", ".raf", ".pef", ".srw", ".xmp", ".aae"),
        *(".thm", ".psd", ".xcf", ".svg", ".ai", ".eps", ".indd", ".db", ".sqlite", ".lnk", ".url"),
        *(".webloc", ".bak", ".old", ".orig", ".tmp", ".temp", ".part", ".partial", ".crdownload"),
        *(".download", ".lock"),
    }
)
"""Suffixes of files that are not read, and not opened: copies and unfinished files among them."""


def is_system_folder(name: str) -> bool:
    """Return whether a folder holds thumbnails or deleted files that a system put there."""
    return name.lower() in SYSTEM_FOLDERS


def is_system_file(name: str) -> bool:
    """Return whether a file is a thumbnail or a list that a system put beside pictures."""
    return name.lower().startswith(_SYSTEM_FILES)


def is_picture(path: Path) -> bool:
    """Return whether a file of a folder is a picture or PDF. Only files with an unknown suffix are opened."""
    from penstock.images import EXTENSIONS, starts_like_picture

    suffix = path.suffix.lower()
    if suffix in EXTENSIONS:
        return True
    if suffix in _OTHER_SUFFIXES or path.name.endswith("~"):
        return False
    try:
        # Opening a named pipe would block until something is written to it.
        return stat.S_ISREG(path.stat().st_mode) and starts_like_picture(path)
    except OSError:
        return False


@dataclass(slots=True)
class PassedOver:
    """The files and folders that a walk passed over. It counts them and keeps the names of the first."""

    files: int = 0
    folders: int = 0
    names: list[str] = field(default_factory=list)

    def add_file(self, path: PurePath, shown: str) -> None:
        """Note a file that is not a picture. Those that penstock may have written are not counted."""
        if path.suffix.lower() not in _OWN_OUTPUTS:
            self.files += 1
            self._keep(shown)

    def add_folder(self, shown: str) -> None:
        """Note a folder of thumbnails or deleted files."""
        self.folders += 1
        self._keep(shown)

    def _keep(self, shown: str) -> None:
        if len(self.names) < SHOWN:
            self.names.append(shown)

    def text(self) -> str:
        """Return what was passed over, for people; empty if that is nothing."""
        parts = []
        if self.files:
            are = "s that are not pictures" if self.files > 1 else " that is not a picture"
            parts.append(f"{self.files} file{are}")
        if self.folders:
            parts.append(
                f"{self.folders} folder{'s' if self.folders > 1 else ''} of thumbnails or deleted files"
            )
        if not parts:
            return ""
        more = self.files + self.folders - len(self.names)
        names = ", ".join(self.names) + (f" and {more} more" if more else "")
        return f"passed over {' and '.join(parts)}: {names}"
