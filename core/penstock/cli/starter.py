"""`penstock init`: write a pipeline file to start from."""

from __future__ import annotations

from pathlib import Path

from penstock.errors import OutputError, OutputExists

FILE_NAME = "penstock.toml"

STARTER = """\
# A penstock pipeline: sources -> recognizers -> sinks.
# Check it with `penstock check penstock.toml`, run it with `penstock run penstock.toml`.
# Paths are relative to this file. `penstock plugins NAME` shows every option of a plugin.

name = "letters"

[[sources]]
plugin = "files"
paths = ["scans"]              # files, folders, globs such as "box-2/**/*.jpg"
document = "file"              # "file" | "folder" | "all": what becomes one document

[[recognizers]]
plugin = "rapidocr"            # runs on this machine; no page leaves it

# Or a service, with the endpoint and the key in environment variables:
# [[recognizers]]
# plugin = "azure-read"
# endpoint = "${AZURE_VISION_ENDPOINT}"
# key = "${AZURE_VISION_KEY}"

[[sinks]]
plugin = "pdf"
path = "out/{folder}/{document}.pdf"     # {document} {page} {folder} {name} {date} {beside}

[[sinks]]
plugin = "text"
path = "out/{folder}/{document}.txt"

[engine]
on_failed_page = "fail"        # or "skip": write documents without the pages that failed
"""


def write_starter(directory: Path) -> Path:
    """Write the file, and return its path. Raises OutputExists if it exists, or OutputError."""
    path = directory / FILE_NAME
    try:
        directory.mkdir(parents=True, exist_ok=True)
        with path.open("x", encoding="utf-8") as file:
            file.write(STARTER)
    except OSError as error:
        hint = "name another folder: penstock init DIR"
        if isinstance(error, FileExistsError) and directory.is_dir():
            raise OutputExists(f"{path} already exists", hint) from None
        raise OutputError(f"{path} cannot be written ({error.strerror})", hint) from error
    return path
