"""Output files: their names, and how they are written completely or not at all.

A sink names its files by a template such as ``out/{document}.pdf``. The fixed part comes from the user and
may lead anywhere, also to object storage: ``s3://bucket/out/{document}.pdf``. The values of placeholders come
from outside and can never leave their folder.
"""

from penstock.outputs.adopting import AdoptingOutputs
from penstock.outputs.complete import CompleteFile, Send
from penstock.outputs.digests import digest_at, file_digest
from penstock.outputs.names import NAME_BYTES, PLACEHOLDERS, fixed_address, safe_name, template_faults
from penstock.outputs.rules import OutputRegistry, OutputRules
from penstock.outputs.writing import Outputs

__all__ = [
    "NAME_BYTES",
    "PLACEHOLDERS",
    "AdoptingOutputs",
    "CompleteFile",
    "OutputRegistry",
    "OutputRules",
    "Outputs",
    "Send",
    "digest_at",
    "file_digest",
    "fixed_address",
    "safe_name",
    "template_faults",
]
