"""The address of a network camera. Its user, password and query are never shown."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from urllib.parse import SplitResult, unquote, urlsplit

if TYPE_CHECKING:
    from pydantic import GetCoreSchemaHandler
    from pydantic_core import CoreSchema

SCHEMES = ("http", "https", "rtsp", "rtsps")
EXAMPLE = "write http://HOST/PATH or rtsp://HOST/PATH"


class CameraAddress:
    """An http, https, rtsp or rtsps URL. Raises ValueError, without the text, for anything else."""

    __slots__ = ("_url",)

    def __init__(self, url: str) -> None:
        self._url = url
        try:
            parts = self._parts
            _ = parts.port  # raises ValueError for a port that is not a number
        except ValueError:
            raise ValueError(f"is not a valid URL; {EXAMPLE}") from None
        if parts.scheme.lower() not in SCHEMES or not parts.hostname:
            raise ValueError(f"is not an http, https or rtsp URL; {EXAMPLE}")

    @property
    def _parts(self) -> SplitResult:
        return urlsplit(self._url)

    @property
    def is_http(self) -> bool:
        return self._parts.scheme.lower() in ("http", "https")

    @property
    def credentials(self) -> tuple[str, str] | None:
        """User and password, if the URL contains any."""
        user, password = self._parts.username, self._parts.password
        return None if user is None and password is None else (unquote(user or ""), unquote(password or ""))

    def reveal(self) -> str:
        """Return the whole URL. Neither show nor store it."""
        return self._url

    def without_credentials(self) -> str:
        """Return the URL without user and password. Its query may be a secret, so do not show it either."""
        return self._parts._replace(netloc=self._host).geturl()

    @property
    def _host(self) -> str:
        return self._parts.netloc.rpartition("@")[2]

    def __str__(self) -> str:
        shown = f"{self._parts.scheme}://{self._host}{self._parts.path}"
        return shown + ("?…" if self._parts.query else "")

    def __repr__(self) -> str:
        return repr(str(self))

    @classmethod
    def __get_pydantic_core_schema__(cls, _source: Any, _handler: GetCoreSchemaHandler) -> CoreSchema:
        from pydantic_core import core_schema

        return core_schema.json_or_python_schema(
            json_schema=core_schema.no_info_after_validator_function(cls, core_schema.str_schema()),
            python_schema=core_schema.no_info_plain_validator_function(cls._validated),
            serialization=core_schema.plain_serializer_function_ser_schema(str),
        )

    @classmethod
    def _validated(cls, value: object) -> CameraAddress:
        if isinstance(value, CameraAddress):
            return value
        if isinstance(value, str):
            return cls(value)
        raise ValueError("must be an http, https or rtsp URL, in quotes")
