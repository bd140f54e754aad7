"""What a run is to do, and the digests that decide what of it is done already."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from penstock.engine.allowance import Allowance, check_budget
from penstock.engine.keys import (
    RecognizerKey,
    SinkKey,
    recognizer_key,
    sink_key,
    sources_key,
    transforms_key,
)
from penstock.model import Limits
from penstock.pipeline import Pipeline


@dataclass(frozen=True, slots=True)
class RunOptions:
    """What belongs to one run and not to its pipeline.

    Parameters
    ----------
    force
        Whether files may be replaced that penstock did not write.
    fresh
        Whether pages are read again that were read before, in this run or in those that it goes on with: a
        fresh reading lasts until one of its runs has come to its end.
    retry
        Whether only documents with failed pages are taken, and pages are sent again that were refused.
    rewrite
        Whether outputs are written again that somebody changed by hand.
    write_only
        Whether nothing is read: the sinks write what the journal has.
    write_again
        Whether everything is written again, changed or not.
    corrections
        Outputs of the json sink, mended by hand: what stands in them is what was read.
    max_pages, budget
        In the place of the pipeline's own; None leaves those.
    ad_hoc
        Whether the inputs are named on the command line, as with `penstock read`: documents that the run does
        not find are not missing, and several such runs can use one state folder at once.
    result_index
        The file with the index over the results in all state folders of the user; None for none.
    """

    force: bool = False
    fresh: bool = False
    retry: bool = False
    rewrite: bool = False
    write_only: bool = False
    write_again: bool = False
    corrections: tuple[Path, ...] = ()
    max_pages: int | None = None
    budget: float | None = None
    ad_hoc: bool = False
    result_index: Path | None = None


@dataclass(frozen=True, slots=True)
class Plan:
    """What a run is to do.

    Parameters
    ----------
    readings, limits
        Of the recognizers, in their order: the digest of what changes what each reads, and what it bears.
    preparing
        The digest of the transforms.
    writings
        The digest of each sink with its options.
    taking
        The digest of the sources with their options.
    """

    pipeline: Pipeline
    options: RunOptions
    readings: Sequence[RecognizerKey]
    limits: Sequence[Limits]
    preparing: bytes
    writings: Sequence[SinkKey]
    taking: bytes


def planned(pipeline: Pipeline, options: RunOptions) -> Plan:
    """Ask the components of an open pipeline what decides their results, and what they bear.

    Raises
    ------
    PluginError
        For nonsense.
    ConfigurationError
        There is a budget, and no price to reckon with.
    """
    folder = pipeline.configuration.folder
    limits = [door.limits() for door in pipeline.recognizers]
    places = [door.configured.place for door in pipeline.recognizers]
    check_budget(allowed(pipeline, options).budget, zip(places, limits, strict=True))
    return Plan(
        pipeline,
        options,
        [recognizer_key(door, folder) for door in pipeline.recognizers],
        limits,
        transforms_key(pipeline.transforms, folder),
        [sink_key(door, folder) for door in pipeline.sinks],
        sources_key(pipeline.sources, folder),
    )


def allowed(pipeline: Pipeline, options: RunOptions) -> Allowance:
    """What a run may send and spend: its own word stands before its pipeline's."""
    engine = pipeline.configuration.engine
    return Allowance(
        engine.max_pages if options.max_pages is None else options.max_pages,
        engine.budget if options.budget is None else options.budget,
    )


__all__ = ["Plan", "RunOptions", "allowed", "planned"]
