"""A key or token that is never printed."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

if TYPE_CHECKING:
    from pydantic import GetCoreSchemaHandler
    from pydantic_core import CoreSchema

MASK = "******"
MOST_BYTES = 65_536
"""Size of the largest file that is read as a secret."""


class Secret:
    """A text that is masked in reprs, logs, errors and JSON; `reveal` returns it.

    An option of this type must come from the environment or from a file: a pipeline file must contain
    ``"${NAME}"`` or ``{ file = "PATH" }``, and a literal value is refused. The engine reads the file again
    when a service refuses the key, so call `reveal` for each request instead of storing what it returns.
    """

    __slots__ = ("_earlier", "_file", "_value")

    def __init__(self, value: str) -> None:
        self._value = _checked(value)
        self._file: Path | None = None
        self._earlier: tuple[str, ...] = ()

    @classmethod
    def from_file(cls, file: Path) -> Self:
        """Return the text of a file without surrounding white space.

        Raises OSError if the file cannot be read, and ValueError if it is empty, too long, or no text.
        """
        secret = cls(_read(file))
        secret._file = file
        return secret

    @property
    def file(self) -> Path | None:
        """The file that holds the secret; None if it came from elsewhere."""
        return self._file

    def reveal(self) -> str:
        """Return the text. Do not pass it to code that might store or log it."""
        return self._value

    def read_again(self) -> bool:
        """Read the file again, and return whether it holds another text now.

        Without a file, or if the file cannot be read or holds no text, the secret stays as it is.
        """
        if self._file is None:
            return False
        try:
            value = _checked(_read(self._file))
        except (OSError, ValueError):
            return False
        if value == self._value:
            return False
        self._earlier = (*self._earlier, self._value)
        self._value = value
        return True

    def texts(self) -> tuple[str, ...]:
        """Return the text and those that it had before, so that none of them is logged."""
        return (self._value, *self._earlier)

    def __repr__(self) -> str:
        return f"Secret({MASK})"

    def __str__(self) -> str:
        return MASK

    def __reduce__(self) -> Any:
        raise TypeError("a secret cannot be pickled")

    @classmethod
    def __get_pydantic_core_schema__(cls, _source: Any, _handler: GetCoreSchemaHandler) -> CoreSchema:
        from pydantic_core import core_schema

        made = core_schema.no_info_after_validator_function(cls, core_schema.str_schema())
        return core_schema.json_or_python_schema(
            json_schema=made,
            python_schema=core_schema.union_schema([core_schema.is_instance_schema(cls), made]),
            serialization=core_schema.plain_serializer_function_ser_schema(lambda _value: MASK),
        )


def secrets_in(value: object) -> list[Secret]:
    """Return the secrets in the value of an option, which may be a table of them."""
    if isinstance(value, Mapping):
        return [secret for each in value.values() for secret in secrets_in(each)]
    return [value] if isinstance(value, Secret) else []


def _read(file: Path) -> str:
    with file.open("rb") as opened:
        content = opened.read(MOST_BYTES + 1)
    if len(content) > MOST_BYTES:
        raise ValueError(f"a secret must not have more than {MOST_BYTES} bytes")
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError:  # its message would quote the secret
        raise ValueError("a secret must be text in UTF-8") from None


def _checked(value: str) -> str:
    if not value.strip():
        raise ValueError("a secret must not be empty")
    return value.strip()
