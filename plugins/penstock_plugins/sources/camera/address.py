"""A network camera's address, which may hold a user and a password and shows neither."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from urllib.parse import SplitResult, unquote, urlsplit

if TYPE_CHECKING:
    from pydantic import GetCoreSchemaHandler
    from pydantic_core import CoreSchema

SCHEMES = ("http", "https", "rtsp", "rtsps")


class Address:
    """An http, https, rtsp or rtsps address. Raises ValueError, without the text, for anything else."""

    __slots__ = ("_url",)

    def __init__(self, url: str) -> None:
        self._url = url
        try:
            parts = self._parts
            _ = parts.port
        except ValueError:
            raise ValueError("is no address; write http://HOST/PATH or rtsp://HOST/PATH") from None
        if parts.scheme.lower() not in SCHEMES or not parts.hostname:
            raise ValueError("is no http, https or rtsp address; write http://HOST/PATH or rtsp://HOST/PATH")

    @property
    def _parts(self) -> SplitResult:
        return urlsplit(self._url)

    @property
    def is_http(self) -> bool:
        """Whether it is spoken to in HTTP."""
        return self._parts.scheme.lower() in ("http", "https")

    @property
    def credentials(self) -> tuple[str, str] | None:
        """User and password, if it holds any."""
        user, password = self._parts.username, self._parts.password
        return None if user is None and password is None else (unquote(user or ""), unquote(password or ""))

    def reveal(self) -> str:
        """All of it. Give it to nobody who might write it down."""
        return self._url

    def without_credentials(self) -> str:
        """The address to ask, its query with it: that may hold a token, so show it to nobody either."""
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
            python_schema=core_schema.no_info_plain_validator_function(cls._checked),
            serialization=core_schema.plain_serializer_function_ser_schema(str),
        )

    @classmethod
    def _checked(cls, value: object) -> Address:
        if isinstance(value, Address):
            return value
        if isinstance(value, str):
            return cls(value)
        raise ValueError("is an http, https or rtsp address, in quotes")
