"""Object storage: addresses such as ``s3://bucket/letters/a.jpg``, and the file systems behind them.

Needs the extra ``storage``. Its libraries are imported when an address is first used.
"""

from penstock.storage.address import SCHEMES, Address, Place, is_address, lacks_a_slash, scheme_of
from penstock.storage.connection import connect, translated
from penstock.storage.listing import ObjectStatuses
from penstock.storage.objects import (
    ObjectStatus,
    digest_of,
    entries_in,
    find,
    reach,
    read,
    signed_url,
    status,
    statuses_in,
)
from penstock.storage.upload import Upload, remove_part

__all__ = [
    "SCHEMES",
    "Address",
    "ObjectStatus",
    "ObjectStatuses",
    "Place",
    "Upload",
    "connect",
    "digest_of",
    "entries_in",
    "find",
    "is_address",
    "lacks_a_slash",
    "reach",
    "read",
    "remove_part",
    "scheme_of",
    "signed_url",
    "status",
    "statuses_in",
    "translated",
]
