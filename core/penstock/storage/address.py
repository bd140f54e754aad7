"""Addresses of objects: ``s3://bucket/folder/name``."""

from __future__ import annotations

import re
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, Any, TypeAlias

from penstock.errors import StorageError

if TYPE_CHECKING:
    from pydantic import GetCoreSchemaHandler
    from pydantic_core import CoreSchema

SCHEMES = {
    "s3": "s3fs",
    "az": "adlfs",
    "abfs": "adlfs",
    "abfss": "adlfs",
    "gs": "gcsfs",
    "gcs": "gcsfs",
    "sftp": "paramiko",
    "memory": "fsspec",
}
"""The schemes of addresses, and the package that each one needs."""

# One letter is a drive: C:\scans.
_SCHEME = re.compile(r"([a-z][a-z0-9+.-]+)://", re.IGNORECASE)
_USE = "use s3://, az://, abfs://, gs:// or sftp://, or the path of a folder"


def scheme_of(text: str) -> str | None:
    """Return what is before ``://``, in lower case; None for a path."""
    match = _SCHEME.match(text)
    return match[1].lower() if match else None


def is_address(text: str) -> bool:
    """Return whether a text is an address of object storage, and not a path or a URL of the web."""
    return scheme_of(text) in SCHEMES


def lacks_a_slash(text: str) -> bool:
    """Return whether a text is an address with one slash, as `pathlib.Path` makes it: ``s3:/bucket/a``."""
    scheme, _, rest = text.partition(":/")
    return scheme.lower() in SCHEMES and not rest.startswith("/") and text != scheme


class Address:
    """The address of an object, or of a folder of objects. Immutable.

    It is no dataclass, so that `dataclasses.asdict` keeps it whole: in JSON it is a string.

    Parameters
    ----------
    scheme
        One of `SCHEMES`.
    root
        The bucket or container; for ``sftp`` the host, with a user and a port if they are given.
    key
        The name of the object in it, with slashes; empty for the root itself.
    """

    __slots__ = ("_parts",)

    def __init__(self, scheme: str, root: str, key: str) -> None:
        self._parts = (scheme, root, key)

    @property
    def scheme(self) -> str:
        """What is before ``://``."""
        return self._parts[0]

    @property
    def root(self) -> str:
        """The bucket, container or host."""
        return self._parts[1]

    @property
    def key(self) -> str:
        """The name in the bucket, without a slash at the beginning."""
        return self._parts[2]

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Address) and self._parts == other._parts

    def __lt__(self, other: Address) -> bool:
        return self._parts < other._parts

    def __hash__(self) -> int:
        return hash(self._parts)

    def __repr__(self) -> str:
        return f"Address({str(self)!r})"

    @classmethod
    def parse(cls, text: str) -> Address:
        """Return the address that a text stands for. Raises StorageError for an unsupported one."""
        scheme = scheme_of(text)
        if scheme not in SCHEMES:
            raise StorageError(f"{text}: unsupported scheme {scheme or ''!r}", _USE)
        root, _, key = text[len(scheme) + 3 :].partition("/")
        if not root:
            example = f"{scheme}://bucket/folder"
            raise StorageError(f"{text}: must name a bucket or host", f"for example {example}")
        if ":" in root.rpartition("@")[0]:
            # Not shown: it contains the password.
            raise StorageError(f"{scheme}:// address: must not contain a password", "use a key file")
        if any(part in (".", "..") for part in key.split("/")):
            raise StorageError(f"{text}: must not contain the folder '.' or '..'", "write the whole name")
        return cls(scheme, root, key)

    def __str__(self) -> str:
        return f"{self.scheme}://{self.root}/{self.key}"

    @property
    def path(self) -> str:
        """The path by which the file system knows the object."""
        if self.scheme == "sftp":
            return f"/{self.key}"
        # abfs://container@account.dfs.core.windows.net/key
        return f"{self.root.partition('@')[0]}/{self.key}".rstrip("/" if not self.key else "")

    @property
    def name(self) -> str:
        """The last part of the key."""
        return self.key.rpartition("/")[2]

    @property
    def suffix(self) -> str:
        """The suffix of the name, with its dot; may be empty."""
        return PurePosixPath(self.name).suffix

    @property
    def parent(self) -> Address:
        """The folder of the object; the root for an object without one."""
        return Address(self.scheme, self.root, self.key.rpartition("/")[0])

    def with_path(self, path: str) -> Address:
        """Return the address of another object of this bucket or host, by its path in the file system."""
        start = "/" if self.scheme == "sftp" else self.root.partition("@")[0] + "/"
        return Address(self.scheme, self.root, path.lstrip("/").removeprefix(start.lstrip("/")))

    @classmethod
    def __get_pydantic_core_schema__(cls, _source: Any, _handler: GetCoreSchemaHandler) -> CoreSchema:
        from pydantic_core import core_schema

        return core_schema.json_or_python_schema(
            json_schema=core_schema.no_info_after_validator_function(cls.parse, core_schema.str_schema()),
            python_schema=core_schema.is_instance_schema(cls),
            serialization=core_schema.to_string_ser_schema(),
        )


Place: TypeAlias = Path | Address
"""Where a file is: on a disk of this machine, or on object storage."""
