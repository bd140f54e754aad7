from __future__ import annotations

import errno
import subprocess
import sys
from collections.abc import Callable

import pytest

from penstock.errors import ObjectMissing, StorageError, StorageForbidden, StorageUnreachable
from penstock.storage import Address, digest_of, is_address, reach, scheme_of, status, statuses_in
from penstock.storage.connection import storage_error
from storage.conftest import forget_connections
from storage.s3 import Bucket, Request, S3Server, gate


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("s3://bucket/a.jpg", True),
        ("AZ://box/a.jpg", True),
        ("abfs://box@account.dfs.core.windows.net/a", True),
        ("sftp://me@host:22/a", True),
        ("memory://a/b", True),
        ("https://example.org/a.jpg", False),
        ("file:///a.jpg", False),
        ("ftp://a/b", False),
        ("C:\\scans", False),
        ("C://scans", False),
        ("s3:/bucket/a.jpg", False),
        ("scans/a.jpg", False),
        ("", False),
    ],
)
def test_an_address_is_told_from_paths_and_urls(text: str, expected: bool) -> None:
    assert is_address(text) is expected


def test_an_address_keeps_its_slashes_and_has_parts() -> None:
    address = Address.parse("s3://bucket/a//b/letter 1#ü.jpg")
    assert str(address) == "s3://bucket/a//b/letter 1#ü.jpg"
    assert (address.root, address.name, address.suffix) == ("bucket", "letter 1#ü.jpg", ".jpg")
    assert address.path == "bucket/a//b/letter 1#ü.jpg"
    assert str(address.parent) == "s3://bucket/a//b"
    assert str(address.parent.parent.parent.parent.parent) == "s3://bucket/"
    assert address.with_path("bucket/c") == Address("s3", "bucket", "c")
    sftp = Address.parse("sftp://me@host:22/home/me/a.jpg")
    assert (sftp.path, sftp.with_path("/home/me/b")) == (
        "/home/me/a.jpg",
        Address.parse("sftp://me@host:22/home/me/b"),
    )
    azure = Address.parse("abfs://box@account.dfs.core.windows.net/a/b")
    assert (azure.path, azure.with_path("box/c").key) == ("box/a/b", "c")
    assert scheme_of("C:\\a") is None


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("ftp://host/a", "ftp://host/a: unsupported scheme 'ftp' (use s3://"),
        ("s3:///a", "s3:///a: must name a bucket or host (for example s3://bucket/folder)"),
        ("s3://bucket/a/../b", "must not contain the folder '.' or '..'"),
        ("sftp://me:secret@host/a", "sftp:// address: must not contain a password"),
    ],
)
def test_a_bad_address_is_refused(text: str, message: str) -> None:
    with pytest.raises(StorageError) as caught:
        Address.parse(text)
    assert message in str(caught.value)
    assert "secret" not in str(caught.value)


def test_objects_have_a_status_that_changes_with_them(bucket: Bucket) -> None:
    address = Address.parse(f"{bucket.address}/folder/a.jpg")
    assert status(address) is None
    bucket.put("folder/a.jpg", b"one")
    first = status(address)
    assert first is not None
    assert first.size == 3
    assert first.tag
    bucket.put("folder/sub/b.jpg", b"b")
    assert statuses_in(address.parent) == {address: first}
    assert statuses_in(Address.parse(f"{bucket.address}/nothing")) == {}
    assert status(address.parent) is None
    bucket.put("folder/a.jpg", b"two")
    second = status(address)
    assert second is not None
    assert second.mark != first.mark
    assert digest_of(address) == "3fc4ccfe745870e2c0d99f71f30ff0656c8dedd41cc1d7d3d376b0dbe685e2f3"


def test_a_missing_bucket_is_named(bucket: Bucket) -> None:
    missing = Address.parse("s3://no-such-bucket/a.jpg")
    with pytest.raises(StorageError, match=r"s3://no-such-bucket/: does not exist"):
        reach(missing)
    reach(Address.parse(f"{bucket.address}/a.jpg"))
    with pytest.raises(ObjectMissing, match=r"a\.jpg: does not exist"):
        digest_of(Address.parse(f"{bucket.address}/a.jpg"))


@pytest.mark.parametrize(
    ("answer", "kind", "message"),
    [
        ((403, "AccessDenied"), StorageError, "access is forbidden"),
        ((503, "SlowDown"), StorageUnreachable, "cannot be reached now"),
        ((500, "InternalError"), StorageUnreachable, "cannot be reached now"),
    ],
)
def test_answers_of_a_service_are_translated(
    s3: S3Server,
    bucket: Bucket,
    monkeypatch: pytest.MonkeyPatch,
    answer: tuple[int, str],
    kind: type[StorageError],
    message: str,
) -> None:
    def rule(request: Request) -> tuple[int, str]:
        return answer

    address = Address.parse(f"{bucket.address}/a.jpg")
    with gate(s3, rule) as url:
        monkeypatch.setenv("AWS_ENDPOINT_URL", url)
        forget_connections()
        monkeypatch.setattr("penstock.storage.connection.ATTEMPTS", 1)
        with pytest.raises(kind, match=message):
            digest_of(address)


def test_a_service_that_is_not_there_is_unreachable(bucket: Bucket, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:9")
    forget_connections()
    address = Address.parse(f"{bucket.address}/a.jpg")
    monkeypatch.setattr("penstock.storage.connection.ATTEMPTS", 1)
    with pytest.raises(StorageUnreachable, match="the service cannot be reached now"):
        status(address)


def test_missing_credentials_are_named(bucket: Bucket, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("AWS_ACCESS_KEY_ID")
    monkeypatch.delenv("AWS_SECRET_ACCESS_KEY")
    forget_connections()
    with pytest.raises(StorageError, match=r"no valid credentials \(Unable to locate credentials\)"):
        status(Address.parse(f"{bucket.address}/a.jpg"))
    for name in ("AZURE_STORAGE_CONNECTION_STRING", "AZURE_STORAGE_ACCOUNT_NAME"):
        monkeypatch.delenv(name, raising=False)
    with pytest.raises(StorageError, match=r"no valid credentials .*AZURE_STORAGE_CONNECTION_STRING"):
        status(Address.parse("az://box/a.jpg"))


def test_a_missing_library_is_named() -> None:
    address = Address.parse("s3://bucket/a.jpg")
    error = storage_error(address, ImportError("Install s3fs to access S3", name="s3fs"))
    assert str(error) == (
        "s3://bucket/a.jpg: a library for s3:// is missing (s3fs) (pip install 'penstock[storage]')"
    )


def test_the_libraries_are_imported_when_they_are_used() -> None:
    code = "import sys, penstock.storage; sys.exit('fsspec' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code]).returncode == 0


def test_each_error_of_a_library_has_a_translation() -> None:
    address = Address.parse("gs://bucket/a.jpg")

    def named(name: str, text: str = "why?token=secret", **fields: object) -> Exception:
        return type(name, (Exception,), fields)(text)

    cases: list[tuple[Exception, Callable[[StorageError], bool], str]] = [
        (named("DefaultCredentialsError"), lambda e: type(e) is StorageError, "no valid credentials (why)"),
        (named("HttpError", code=403), lambda e: type(e) is StorageForbidden, "access is forbidden (why)"),
        (OSError("Forbidden: https://a/b/c\nno"), lambda e: type(e) is StorageForbidden, "is forbidden"),
        (named("HttpError", code=503), lambda e: type(e) is StorageUnreachable, "cannot be reached now"),
        (named("HttpError", code=404), lambda e: type(e) is ObjectMissing, "does not exist"),
        (TimeoutError(), lambda e: type(e) is StorageUnreachable, "TimeoutError"),
        (named("ServiceRequestError"), lambda e: type(e) is StorageUnreachable, "cannot be reached now"),
        (named("ClientPayloadError"), lambda e: type(e) is StorageUnreachable, "cannot be reached now"),
        (named("Odd"), lambda e: type(e) is StorageError, "cannot be used (why)"),
        (OSError(errno.EINVAL, "Bad Request"), lambda e: "expired" in e.hint, "cannot be used"),
        (named("Odd", "Failed:\nbucket name\nmore"), lambda e: bool(e.hint), "(Failed: bucket name more)"),
    ]
    for raised, fits, text in cases:
        error = storage_error(address, raised)
        assert fits(error), raised
        assert text in str(error)
        assert "secret" not in str(error)


@pytest.mark.parametrize("is_there", [True, False])
def test_an_empty_bucket_of_google_is_reached(monkeypatch: pytest.MonkeyPatch, is_there: bool) -> None:
    """If the credentials are for objects only, gcsfs does not find the bucket, but lists it."""

    class Google:
        def info(self, path: str) -> dict[str, object]:
            raise FileNotFoundError(path)

        def ls(self, path: str, *, detail: bool) -> list[dict[str, object]]:
            if not is_there:
                raise FileNotFoundError(path)
            return []

    monkeypatch.setattr("penstock.storage.objects.connect", lambda address: Google())
    folder = Address.parse("gs://bucket/out")
    if is_there:
        reach(folder)
    else:
        with pytest.raises(StorageError, match="gs://bucket/: does not exist"):
            reach(folder)
