"""Outputs whose files a worker has written."""

from __future__ import annotations

import os
import shutil

from penstock.model import Page
from penstock.outputs.complete import CompleteFile, Send
from penstock.outputs.errors import translated
from penstock.outputs.writing import Outputs
from penstock.storage import Address


class AdoptingOutputs(Outputs):
    """Gives complete files the names of a document's outputs, by the rules for all outputs."""

    def adopt(
        self, template: str, file: CompleteFile, *, page: Page | None = None, send: Send | None = None
    ) -> None:
        """Move a file to its place, or upload it.

        Parameters
        ----------
        template, page
            As for `Outputs.open`, which also raises the same.
        send
            Uploads the file, if it is on another machine.
        """
        place = self._place(template, page)
        if send is not None and isinstance(place, Address):
            self._upload(file, place, send)
            self.written.append(place)
            return
        with (
            self._part(template, page, keep_suffix=True, digest=file.digest) as (name, part),
            translated(name, part),
        ):
            shutil.move(file.path, part)
            # It was copied if the folders are on two disks.
            with part.open("rb") as moved:
                os.fsync(moved.fileno())
