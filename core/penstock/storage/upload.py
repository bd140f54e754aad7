"""Uploads a file as one object: whole or not at all, and only over what the caller has seen there."""

from __future__ import annotations

import io
import mimetypes
import secrets
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

from penstock.errors import ObjectChanged, ObjectMissing, StorageError
from penstock.storage.address import SCHEMES, Address
from penstock.storage.connection import RUN_AGAIN, connect, translated
from penstock.storage.objects import ObjectStatus, status, tagged

S3_LIMIT = 5 << 30
"""Bytes that S3 takes in one request. Several requests would leave parts behind if the run is killed."""
GOOGLE_PIECE = 8 << 20
"""Bytes of one request to Google. Each must be sent before the time for an answer is over."""


class NotePart(Protocol):
    """Notes that an unfinished object is about to be written, or that it is gone."""

    def __call__(self, part: Address, *, finished: bool) -> None:  # noqa: D102
        ...


@dataclass(frozen=True, slots=True)
class Upload:
    """A file and where it is to go.

    Parameters
    ----------
    replaces
        The object that was seen there; None for a new one.
    note_part
        Called before and after an unfinished object is written, on services where a whole file can only be
        had by renaming.
    on_progress
        Called again and again while the file is sent.
    """

    file: Path
    address: Address
    replaces: ObjectStatus | None
    note_part: NotePart
    on_progress: Callable[[], None]

    def send(self) -> ObjectStatus:
        """Send the file and return the status of the object.

        Raises ObjectChanged if another object than the one to replace is there; else StorageError. S3 and
        Azure check that together with writing. Google's service does so for new objects. Elsewhere the
        object is only asked for right before.
        """
        filesystem = connect(self.address)
        send = {"s3fs": self._to_s3, "adlfs": self._to_azure, "gcsfs": self._to_google}
        try:
            with translated(self.address):
                return send.get(SCHEMES[self.address.scheme], self._renamed)(filesystem)
        except ObjectMissing as error:  # the one to replace
            raise ObjectChanged(f"{self.address}: was removed meanwhile", RUN_AGAIN) from error

    def _to_s3(self, filesystem: Any) -> ObjectStatus:
        from fsspec.asyn import sync

        size = self.file.stat().st_size
        if size > S3_LIMIT:
            what = f"{self.address}: S3 takes files of up to 5 GiB, got {size / (1 << 30):.1f} GiB"
            raise StorageError(what, "make smaller documents, or write to a disk")
        bucket, _, key = self.address.path.partition("/")
        condition = {"IfMatch": self.replaces.tag} if self.replaces else {"IfNoneMatch": "*"}
        values = {"Bucket": bucket, "Key": key, **self._content_type("ContentType")}
        client = sync(filesystem.loop, filesystem.set_session)
        client.meta.events.register("before-send.s3.PutObject", _do_not_expect, unique_id="penstock")

        async def put(**fields: str) -> Any:
            with _Watched(self.file, self.on_progress) as body:
                given = {**filesystem.s3_additional_kwargs, **values, **fields}
                return await client.put_object(Body=body, **given)

        try:
            answer = sync(filesystem.loop, put, **condition)
        except Exception as error:
            if _code_of(error) != "NotImplemented":
                raise
            # The service knows no such conditions; the object was asked for right before.
            answer = sync(filesystem.loop, put)
        return tagged(size, answer["ETag"])

    def _to_azure(self, filesystem: Any) -> ObjectStatus:
        from azure.core import MatchConditions
        from azure.storage.blob import ContentSettings
        from fsspec.asyn import sync

        container, _, blob = self.address.path.partition("/")
        condition: dict[str, Any] = {}
        if self.replaces:
            condition = {"etag": self.replaces.tag, "match_condition": MatchConditions.IfNotModified}
        kind = self._content_type("content_type").get("content_type")

        async def put() -> Any:
            with _Watched(self.file, self.on_progress) as body:
                async with filesystem.service_client.get_blob_client(container, blob) as client:
                    return await client.upload_blob(
                        body,
                        overwrite=self.replaces is not None,
                        content_settings=ContentSettings(content_type=kind),
                        **condition,
                    )

        answer = sync(filesystem.loop, put)
        return tagged(self.file.stat().st_size, answer["etag"])

    def _to_google(self, filesystem: Any) -> ObjectStatus:
        mode = "overwrite" if self.replaces else "create"
        filesystem.put_file(
            *(str(self.file), self.address.path),
            mode=mode,
            chunksize=GOOGLE_PIECE,
            **self._content_type("content_type"),
        )
        return self._found()

    def _renamed(self, filesystem: Any) -> ObjectStatus:
        """Write an object under another name, and rename it."""
        name = f".{self.address.name}.{secrets.token_hex(4)}.part"
        folder = self.address.parent
        part = Address(folder.scheme, folder.root, f"{folder.key}/{name}".lstrip("/"))
        self.note_part(part, finished=False)
        try:
            filesystem.makedirs(part.parent.path, exist_ok=True)
            with _Watched(self.file, self.on_progress) as body, filesystem.open(part.path, "wb") as file:
                while chunk := body.read(1 << 20):
                    file.write(chunk)
            filesystem.mv(part.path, self.address.path)
        finally:
            # It is gone if it was renamed.
            with suppress(Exception):
                filesystem.rm_file(part.path)
            self.note_part(part, finished=True)
        return self._found()

    def _found(self) -> ObjectStatus:
        found = status(self.address)
        if found is None:
            raise ObjectChanged(f"{self.address}: was removed meanwhile", RUN_AGAIN)
        return found

    def _content_type(self, name: str) -> dict[str, str]:
        kind, _ = mimetypes.guess_type(self.address.name)
        if kind is None:
            return {}
        return {name: f"{kind}; charset=utf-8" if kind.startswith("text/") else kind}


class _Watched(io.FileIO):
    """A file that says when it is read."""

    def __init__(self, path: Path, on_read: Callable[[], None]) -> None:
        super().__init__(path)
        self._on_read = on_read

    def read(self, size: int | None = -1, /) -> bytes:
        self._on_read()
        return super().read(-1 if size is None else size)


def remove_part(part: Address) -> None:
    """Remove an unfinished object, if it is there. Raises StorageError."""
    filesystem = connect(part)
    with translated(part):
        if filesystem.exists(part.path):
            filesystem.rm_file(part.path)


def _do_not_expect(request: Any, **_: Any) -> None:
    """Send the body without waiting for the service's consent.

    The consent is an answer, after which aiohttp allows `READ_SECONDS` until the next one: too little for a
    large file on a slow line.
    """
    request.headers.pop("Expect", None)


def _code_of(error: Exception) -> str:
    response = getattr(error, "response", None)
    return str(response["Error"].get("Code")) if isinstance(response, dict) else ""
