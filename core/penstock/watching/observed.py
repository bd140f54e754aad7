"""Pipelines of a watch with observers that serve all of their runs."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager, suppress
from dataclasses import replace
from pathlib import Path

from penstock.config import Configuration, Configured
from penstock.metrics import Meter, RunMetrics
from penstock.watching.origin import Origin


class ObservedPipeline:
    """A pipeline whose observers with ``spans_runs`` are the same in all runs, and which is measured.

    Such an observer is entered before the first run. It is left when a changed pipeline is taken up, or when
    the watch ends.

    Parameters
    ----------
    meter
        Gets the metrics of the runs; None for none.
    """

    def __init__(
        self, origin: Origin, meter: Meter | None, before: Callable[[], None] = lambda: None
    ) -> None:
        self._origin, self._meter, self._close_before = origin, meter, before
        self._kept: dict[int, Configured] = {}

    @property
    def path(self) -> Path | None:
        """The pipeline file; None if there is none."""
        return self._origin.path

    def configuration(self) -> Configuration:
        """Return the pipeline for one run."""
        self._close_before()
        made = self._origin.configuration()
        components = [self._shared(index, each) for index, each in enumerate(made.components)]
        if self._meter is not None:
            components.append(Configured("observer", "metrics", "the metrics", RunMetrics(self._meter)))
        return replace(made, components=tuple(components))

    def changed(self) -> Origin | None:
        """Return what to use from now on; None if the file has not changed."""
        changed = self._origin.changed()
        return None if changed is None else ObservedPipeline(changed, self._meter, self.close)

    def close(self) -> None:
        """Leave the observers. If runs follow, they are entered again."""
        for configured in self._kept.values():
            with suppress(Exception):  # an observer that fails never ends the watch; it logs the reason
                configured.component.__exit__(None, None, None)
        self._kept.clear()

    def _shared(self, index: int, configured: Configured) -> Configured:
        component = configured.component
        if configured.kind != "observer" or not getattr(type(component), "spans_runs", False):
            return configured
        if index not in self._kept:
            if isinstance(component, AbstractContextManager):
                component.__enter__()
            self._kept[index] = replace(configured, is_open=True)
        return self._kept[index]
