"""For plugin authors and for tests: a Read service on loopback that speaks Azure's APIs, and misbehaves.

    with ReadService(recognition, work=1.2, misbehave=[Misbehaviour("throttle", on="poll")]) as service:
        recognizer = AzureRead(endpoint=service.endpoint, key=Secret(service.key))

From a shell: ``python -m penstock.testing --help``.
"""

from penstock.testing.ledger import Call
from penstock.testing.misbehaviour import Misbehaviour
from penstock.testing.reading import reading_with
from penstock.testing.service import ReadService

__all__ = ["Call", "Misbehaviour", "ReadService", "reading_with"]
