"""Connect to the scheduler of a Dask cluster, and check the cluster before the first page."""

from __future__ import annotations

import asyncio
import warnings
from collections.abc import Mapping
from typing import Any

from distributed import Client

from penstock.errors import Complaint, ConfigurationError
from penstock.report import counted
from penstock.workers.dask.checks import Needs, scheduler_faults, unfit
from penstock.workers.dask.members import Member
from penstock.workers.recipe import Recipe

CLOSE_SECONDS = 5.0
CONNECT_SECONDS = 10.0  # until the scheduler must answer
FIRST_WORKER_SECONDS = 30.0  # until it must have a worker: those of a new cluster take a moment to start


async def connected(address: str) -> Client:
    """Return a client of the scheduler. Raises ConfigurationError if the scheduler cannot be reached.

    Certificates, compression and the like come from Dask's own configuration.
    """
    client: Any = None
    try:
        client = Client(
            address, asynchronous=True, timeout=CONNECT_SECONDS, set_as_default=False, name="penstock"
        )
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # about versions, which are checked here
            # Dask's own timeout does not hold for a server that accepts the connection and says nothing.
            async with asyncio.timeout(CONNECT_SECONDS):
                opened: Client = await client
                return opened
    except Exception as error:  # whatever the transport raises: no such host, refused, another protocol, TLS
        if client is not None:
            await client.close(CLOSE_SECONDS)
        raise ConfigurationError(
            [
                Complaint(
                    "[engine], workers",
                    f"the scheduler {address} cannot be reached: {_why(error)}",
                    "start it with `dask scheduler`, and check its address and Dask's configuration of TLS",
                )
            ]
        ) from error


def _why(error: BaseException) -> str:
    """Return the innermost reason: Dask wraps it in sentences about timeouts."""
    if isinstance(error, MemoryError):  # the size of a message, read from something else
        return "it does not speak Dask's protocol"
    while error.__cause__ is not None and str(error.__cause__):
        error = error.__cause__
    return str(error) or f"no answer within {CONNECT_SECONDS:g} s"


async def members_of(client: Client) -> dict[str, Member]:
    """Return the workers that the scheduler has now, by their addresses."""
    scheduler: Any = client.scheduler  # None after the client is closed
    if scheduler is None:
        raise OSError("the connection is closed")
    facts: Mapping[str, Any] = await scheduler.identity(n_workers=-1)
    return {address: Member.of(address, each) for address, each in facts["workers"].items()}


async def checked_members(client: Client, address: str, needs: Needs) -> dict[str, Member]:
    """Return the workers of the cluster, all of them checked, and with recognizers and sinks open.

    Raises ConfigurationError with everything that keeps workers from being used.
    """
    complaints = await scheduler_faults(client, address)
    members = await some_members(client)
    if not members:
        what = f"the scheduler {address} has no worker"
        complaints.append(Complaint("[engine], workers", what, f"start some with `dask worker {address}`"))
    if not complaints:
        found = await unfit(client, members.values(), needs)
        # A worker that was lost during the check is missed only if no other one is left.
        left = await members_of(client)
        members = {address: member for address, member in members.items() if address in left}
        complaints = [
            each for address, those in found.items() if address in members or not members for each in those
        ]
    complaints += _missing_resources(members, needs.recipes)
    if complaints:
        raise ConfigurationError(complaints)
    return members


async def some_members(client: Client) -> dict[str, Member]:
    """Return the workers, after waiting a moment for the first one."""
    deadline = asyncio.get_running_loop().time() + FIRST_WORKER_SECONDS
    while not (members := await members_of(client)) and asyncio.get_running_loop().time() < deadline:
        await asyncio.sleep(0.2)
    return members


def _missing_resources(members: Mapping[str, Member], recipes: Mapping[str, Recipe]) -> list[Complaint]:
    return [
        Complaint(
            recipe.title,
            f"needs Dask workers with {_shown(recipe.resources.dask)}, and none of the"
            f" {counted(len(members), 'worker')} has it",
            f"start some with --resources '{_shown(recipe.resources.dask)}'",
        )
        for recipe in recipes.values()
        if members and not any(member.slots(recipe.resources) for member in members.values())
    ]


def _shown(resources: Mapping[str, float]) -> str:
    """Return resources as the option of ``dask worker`` has them: ``GPU=1``."""
    return ",".join(f"{name}={amount:g}" for name, amount in resources.items())
