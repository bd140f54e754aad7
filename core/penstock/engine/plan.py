"""What a run is to do, and the digests that decide what of it is done already."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from penstock.engine.allowance import Allowance, check_budget
from penstock.engine.keys import preparing_of, reading_of, taking_of, writing_of
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
    elsewhere_if_busy
        Whether a neighbouring state folder is used if another run holds the pipeline's.
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
    elsewhere_if_busy: bool = False


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
    readings: Sequence[bytes]
    limits: Sequence[Limits]
    preparing: bytes
    writings: Sequence[bytes]
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
        [reading_of(door, folder) for door in pipeline.recognizers],
        limits,
        preparing_of(pipeline.transforms, folder),
        [writing_of(door, folder) for door in pipeline.sinks],
        taking_of(pipeline.sources, folder),
    )


def allowed(pipeline: Pipeline, options: RunOptions) -> Allowance:
    """What a run may send and spend: its own word stands before its pipeline's."""
    engine = pipeline.configuration.engine
    return Allowance(
        engine.max_pages if options.max_pages is None else options.max_pages,
        engine.budget if options.budget is None else options.budget,
    )


__all__ = ["Plan", "RunOptions", "allowed", "planned"]
