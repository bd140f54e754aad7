"""The pipeline that `penstock read` runs, made from its command line."""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

from penstock.api.inputs import is_url, sources_of, state_of_read
from penstock.cli.file_list import STANDARD_INPUT, names_in, refuse_terminal, wrong
from penstock.cli.read_outputs import OutputNames, check_single, refuse_second_output
from penstock.config import Configuration, check
from penstock.errors import Complaint, ConfigurationError, InvalidTranscription, PluginError
from penstock.options import literal
from penstock.overrides import apply_overrides
from penstock.plugins import find
from penstock.storage import is_address
from penstock.transcriptions.detection import format_of

_SCHEME = re.compile(r"([a-z][a-z0-9+.-]+)://", re.IGNORECASE)
DEFAULT = "rapidocr"  # the recognizer
EXISTING = "existing"  # the recognizer that takes the text of files
PIPE_A_PICTURE = "pipe a picture into it: scanimage --format=png | penstock read -"


@dataclasses.dataclass(frozen=True, slots=True)
class Inputs:
    names: tuple[str, ...] = ()  # files, folders, globs, URLs, and "-" for standard input
    files_from: str | None = None  # a file with more names; "-" for a list from standard input
    include: tuple[str, ...] = ()  # patterns that select files in folders and globs
    exclude: tuple[str, ...] = ()
    merge: str | None = None  # the name of one document to be made of all inputs
    pages: str = ""  # which pages of each file, such as "1-3,7"; empty for all


@dataclasses.dataclass(frozen=True, slots=True)
class Recognizing:
    """How pages are recognized."""

    recognizer: str | None = None  # None for the default: rapidocr, or the files of `readings` alone
    jobs: int | None = None  # pages that are recognized at the same time; None for the recognizer's default
    transforms: tuple[str, ...] = ()  # names of transforms, in their order
    languages: tuple[str, ...] = ()  # BCP 47 tags; none for the recognizer's default
    vocabulary: str | None = None  # path of a file with names to favour
    readings: str | None = None  # transcription files, as for the recognizer `existing`


def read_configuration(
    inputs: Inputs,
    recognizing: Recognizing,
    outputs: OutputNames,
    settings: tuple[str, ...],
    *,
    observers: Iterable[Mapping[str, Any]],
) -> Configuration:
    """Return the checked pipeline. Raises ConfigurationError with everything that is wrong."""
    names = _names(inputs)
    if outputs.file is not None or outputs.is_single:
        place = "--out -" if outputs.is_single else "--output"
        check_single(place, names, merged=inputs.merge is not None)
    elif inputs.merge is None:
        refuse_second_output(names)
    tables: dict[str, Any] = {
        "name": "read",
        "sources": _sources(inputs, names),
        "transforms": [{"plugin": name} for name in recognizing.transforms],
        "recognizers": _recognizers(recognizing),
        "sinks": outputs.tables(),
        "observers": [dict(observer) for observer in observers],
        "engine": {"state": state_of_read(), "on_failed_page": outputs.on_bad_page},
    }
    apply_overrides(tables, settings)
    return check(tables, Path.cwd(), where="penstock read", name="read")


def _recognizers(recognizing: Recognizing) -> list[dict[str, Any]]:
    """Return the tables of the recognizers: transcription files first, then what recognizes other pages."""
    name = recognizing.recognizer
    if recognizing.readings is None:
        return [_recognizer(name or DEFAULT, recognizing)]
    if not recognizing.readings.strip():
        raise wrong("--readings", "must not be empty", "for example --readings page.xml")
    files = {"plugin": EXISTING, "files": literal(recognizing.readings)}
    if name is None or name == EXISTING:
        return [_recognizer(EXISTING, recognizing) | files]
    return [files, _recognizer(name, recognizing)]


def _recognizer(name: str, recognizing: Recognizing) -> dict[str, Any]:
    """Return the recognizer's table. ``jobs`` sets its workers, or the pages in flight at a service."""
    table: dict[str, Any] = {"plugin": name}
    try:
        cls = find("recognizer", name, Path.cwd())
    except PluginError:
        # `check` reports it together with everything else that is wrong.
        return table
    options = {field.name for field in dataclasses.fields(cls)}
    if recognizing.jobs is not None:
        table["workers" if "workers" in options else "in_flight"] = recognizing.jobs
    return table | _languages(name, recognizing, options) | _vocabulary(name, recognizing, options)


def _languages(name: str, recognizing: Recognizing, options: set[str]) -> dict[str, Any]:
    """Return the recognizer's option for languages. Raises ConfigurationError if it has none that fits."""
    languages = recognizing.languages
    if not languages:
        return {}
    if "languages" in options:
        return {"languages": list(languages)}
    if "language" not in options:
        raise wrong("--language", f"cannot be used with {name!r}", "leave it out: it has no such option")
    if len(languages) > 1:
        raise wrong(
            "--language",
            f"must be one language for {name!r}, got {', '.join(languages)}",
            "leave it out: the service then detects languages by itself",
        )
    return {"language": languages[0]}


def _vocabulary(name: str, recognizing: Recognizing, options: set[str]) -> dict[str, Any]:
    """Return the recognizer's option for names. Raises ConfigurationError if it has none."""
    if recognizing.vocabulary is None:
        return {}
    if "vocabulary" not in options:
        raise wrong("--vocabulary", f"cannot be used with {name!r}", "leave it out: it has no such option")
    return {"vocabulary": literal(recognizing.vocabulary)}


def _names(inputs: Inputs) -> list[str]:
    """Return the names of all inputs. Raises ConfigurationError for an empty name, or an unusable list."""
    if any(not name.strip() for name in inputs.names):
        # An unset variable in quotes would otherwise mean the current folder and everything below it.
        raise wrong("INPUT", "must not be empty", "write . for the current folder")
    if STANDARD_INPUT in inputs.names:
        _check_piped(inputs)
    listed = names_in(inputs.files_from) if inputs.files_from is not None else []
    return [*inputs.names, *listed]


def _sources(inputs: Inputs, names: list[str]) -> list[dict[str, Any]]:
    is_piped = STANDARD_INPUT in inputs.names
    # A list may name a file called "-".
    named = [name for name in inputs.names if name != STANDARD_INPUT] + names[len(inputs.names) :]
    _check_schemes(named)
    _check_pictures(named)
    if inputs.merge is not None:
        _check_merge(inputs.merge, only_files=not is_piped and not any(map(is_url, named)))
        if len(set(map(is_address, named))) > 1:
            raise wrong(
                "--merge", "can merge only files of one place", "copy the pictures to one place first"
            )
    merged = {"document": "all", "document_name": inputs.merge} if inputs.merge else {}
    sources = sources_of(named, include=list(inputs.include), exclude=list(inputs.exclude), **merged)
    sources += [{"plugin": "stdin"}] if is_piped else []
    return [source | {"pages": inputs.pages} for source in sources] if inputs.pages else sources


def _check_schemes(names: Iterable[str]) -> None:
    """Raise ConfigurationError for URLs that are neither http nor https, nor an address of an object."""
    complaints = [
        Complaint(f"INPUT {name}", f"unsupported scheme {match[1]!r}", _instead(name))
        for name in names
        if (match := _SCHEME.match(name))
        and not is_url(name)
        and not is_address(name)
        and not Path(name).exists()
    ]
    if complaints:
        raise ConfigurationError(complaints)


def _check_pictures(names: Sequence[str]) -> None:
    """Raise ConfigurationError if all inputs are files with text, which belong to pictures."""
    if names and all(map(_is_transcription, names)):
        instead = f"name its picture, too: penstock read PICTURE --readings {names[0]}"
        raise wrong(f"INPUT {names[0]}", "is a file with text, and no picture", instead)


def _is_transcription(name: str) -> bool:
    try:
        format_of(Path(name))
    except InvalidTranscription:
        return False
    return True


def _instead(name: str) -> str:
    if name.lower().startswith("file://"):
        return f"write the file's path: {unquote(urlsplit(name).path)}"
    return "use http, https, s3, az, gs, sftp or a local path"


def _check_piped(inputs: Inputs) -> None:
    """Raise ConfigurationError if standard input cannot be a picture."""
    if inputs.files_from == STANDARD_INPUT:
        why = "standard input cannot be a picture and a list of names at once"
        raise wrong("--files-from", why, "write the list into a file")
    refuse_terminal(STANDARD_INPUT, PIPE_A_PICTURE)


def _check_merge(name: str, *, only_files: bool) -> None:
    """Raise ConfigurationError for an empty name, or for inputs that cannot be merged."""
    if not name.strip():
        raise wrong("--merge", "must not be empty", "for example --merge diary")
    if not only_files:
        raise wrong("--merge", "can merge only files", "save the pictures first")
