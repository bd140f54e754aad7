"""What must be the same on a worker as on this machine, and what a worker must have."""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from distributed import Client
from distributed.versions import get_versions

from penstock.errors import Complaint
from penstock.storage import Address
from penstock.workers.dask import remote, remote_sinks
from penstock.workers.dask.members import Member
from penstock.workers.recipe import Recipe
from penstock.workers.writer import SinkRecipes

PACKAGES = ("penstock", "distributed")
"""Distributions whose versions must be equal. The plugin's own is part of its `Recipe`."""
WRITING_PACKAGES = ("pikepdf", "pillow", "pypdfium2", "reportlab")
"""The same where workers write outputs, which depend on them."""
ANSWER_SECONDS = 300.0  # that a worker gets for each check, also to open a recognizer
SEEN_NAMES = 3  # entries of a shared folder that a worker must see, too


@dataclass(frozen=True, slots=True)
class Needs:
    """What a worker must have.

    Parameters
    ----------
    recipes
        The recognizers that it must be able to open, by their keys.
    sinks
        The same for sinks.
    shared
        The folders that it must see.
    storage
        The folders of object storage that it must reach.
    """

    recipes: Mapping[str, Recipe]
    sinks: Mapping[str, SinkRecipes]
    shared: Sequence[Path]
    storage: Sequence[Address]

    @property
    def packages(self) -> tuple[str, ...]:
        """The distributions whose versions must be equal."""
        return (*PACKAGES, *(WRITING_PACKAGES if self.sinks else ()))

    def prepared_by(self, member: Member) -> dict[str, Recipe | SinkRecipes]:
        """Return what a worker has to open."""
        able = {key: each for key, each in self.recipes.items() if member.slots(each.resources)}
        return {**able, **self.sinks}


async def unfit(client: Client, members: Iterable[Member], needs: Needs) -> dict[str, list[Complaint]]:
    """Check workers, and open recognizers and sinks there. Return what keeps each of them from being used.

    A worker is left out of a check that it cannot pass because of an earlier one.
    """
    known = {member.address: member for member in members}
    faults = await _of_versions(client, [*known], needs.packages)
    faults |= await _of_folders(client, [*known.keys() - faults.keys()], needs.shared)
    faults |= await _of_storage(client, [*known.keys() - faults.keys()], needs.storage)
    alive = await client.run_on_scheduler(remote.clients)
    opened = {address: needs.prepared_by(member) for address, member in known.items()}
    for key, instructions in {**needs.recipes, **needs.sinks}.items():
        able = [address for address in known if address not in faults and key in opened[address]]
        answers = await _asked(client, able, remote.prepare, key, instructions, client.id, alive)
        for address, answer in answers.items():
            if isinstance(answer, Complaint):
                faults.setdefault(address, []).append(Complaint(address, answer.what, answer.instead))
            elif answer is not None:
                faults.setdefault(address, []).append(_failed(address, answer))
    return faults


async def scheduler_faults(client: Client, address: str) -> list[Complaint]:
    """Return what differs between this machine and the scheduler, which passes on penstock's objects."""
    there = await client.run_on_scheduler(get_versions, PACKAGES)
    return _differences(f"the scheduler {address}", there, PACKAGES)


async def refused_sinks(
    client: Client, members: Iterable[Member], sinks: Mapping[str, SinkRecipes]
) -> dict[str, Complaint]:
    """Return the sinks that a worker cannot make, by their keys, with the first complaint about each.

    What else is wrong with a worker, `unfit` finds.
    """
    refused: dict[str, Complaint] = {}
    alive = await client.run_on_scheduler(remote.clients)
    addresses = [member.address for member in members]
    for key, recipes in sinks.items():
        answers = await _asked(client, addresses, remote.prepare, key, recipes, client.id, alive)
        for address, answer in answers.items():
            if isinstance(answer, Complaint):
                refused.setdefault(key, Complaint(address, answer.what, answer.instead))
    return refused


async def _of_storage(
    client: Client, addresses: list[str], storage: Sequence[Address]
) -> dict[str, list[Complaint]]:
    if not storage:
        return {}

    def complaints(address: str, found: Sequence[Complaint]) -> list[Complaint]:
        what = "cannot use the outputs' place"
        return [Complaint(address, f"{what}: {each.what}", each.instead) for each in found]

    return _faults(await _asked(client, addresses, remote_sinks.unreachable, storage), complaints)


async def _of_versions(
    client: Client, addresses: list[str], packages: Sequence[str]
) -> dict[str, list[Complaint]]:
    def complaints(address: str, there: Mapping[str, Any]) -> list[Complaint]:
        return _differences(address, there, packages)

    return _faults(await _asked(client, addresses, get_versions, packages), complaints)


def _differences(where: str, there: Mapping[str, Any], packages: Sequence[str]) -> list[Complaint]:
    return [
        Complaint(where, f"has {name} {theirs}, and this machine has {ours}", "install the same version")
        if theirs
        else Complaint(where, f"does not have {name}", f"install {name} {ours} there")
        for (name, ours), theirs in zip(
            own_versions(packages).items(), _versions(there, packages).values(), strict=True
        )
        if ours != theirs
    ]


def own_versions(packages: Sequence[str] = PACKAGES) -> dict[str, str]:
    """Return the versions of this machine that workers must have, too."""
    return _versions(get_versions(packages), packages)


def _versions(facts: Mapping[str, Any], packages: Sequence[str]) -> dict[str, str]:
    """Return the versions that must be equal. Of Python's, major and minor are enough."""
    python = ".".join(str(facts["host"]["python"]).split(".")[:2])
    return {"Python": python} | {name: facts["packages"].get(name) or "" for name in packages}


async def _of_folders(
    client: Client, addresses: list[str], shared: Sequence[Path]
) -> dict[str, list[Complaint]]:
    if not shared:
        return {}

    def complaints(address: str, missing: Sequence[tuple[Path, str]]) -> list[Complaint]:
        return [_not_shared(address, folder, name) for folder, name in missing]

    names = {each: _some_names(each) for each in shared}
    return _faults(await _asked(client, addresses, remote.missing_from, names), complaints)


def _some_names(folder: Path) -> list[str]:
    """Return names that stay: hidden ones may be those of files that are being written."""
    try:
        names = (path.name for path in folder.iterdir() if not path.name.startswith("."))
        return [*itertools.islice(names, SEEN_NAMES)]
    except OSError:
        return []


def _not_shared(address: str, folder: Path, name: str) -> Complaint:
    instead = "mount it there under the same path, or remove it from [engine] shared_folders"
    if name:
        return Complaint(address, f"has another folder {folder}: {name} is not in it", instead)
    return Complaint(address, f"does not see the shared folder {folder}", instead)


async def _asked(client: Client, addresses: list[str], function: Any, *args: Any) -> dict[str, Any]:
    """Return what a function returns or raises on each worker."""

    async def ask(address: str) -> Any:
        try:
            async with asyncio.timeout(ANSWER_SECONDS):
                answers = await client.run(function, *args, workers=[address], on_error="return")
        except TimeoutError:
            return TimeoutError(f"it did not answer for {ANSWER_SECONDS:g} seconds")
        return answers.get(address, OSError("it is gone"))

    return dict(zip(addresses, await asyncio.gather(*map(ask, addresses)), strict=True))


def _faults(
    answers: Mapping[str, Any], complaints: Callable[[str, Any], list[Complaint]]
) -> dict[str, list[Complaint]]:
    """Return the complaints about each worker that has some, or that it cannot be asked."""
    found = {
        address: [_failed(address, answer)]
        if isinstance(answer, BaseException)
        else complaints(address, answer)
        for address, answer in answers.items()
    }
    return {address: each for address, each in found.items() if each}


def _failed(address: str, error: BaseException) -> Complaint:
    return Complaint(
        address, f"cannot be asked: {type(error).__name__}: {error}", "look into the log of the worker"
    )
