"""What `penstock check --sample` does: the first recognizer reads a random sample of the pages."""

from __future__ import annotations

import secrets
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

from penstock.api.components import observed, reference_of
from penstock.api.result_file import Collector
from penstock.config import Configuration, Configured
from penstock.engine import PageSample
from penstock.engine.acceptance import Acceptance
from penstock.engine.keys import RecognizerKey
from penstock.engine.problems import problem_of
from penstock.errors import Complaint, ConfigurationError
from penstock.model import Problem, RecognizedPage, page_confidence
from penstock.pipeline import Pipeline

_FIRST = RecognizerKey(b"first")


@dataclass(frozen=True, slots=True)
class SampledPage:
    """What the first recognizer read of a page of the sample.

    Parameters
    ----------
    confidence
        See `penstock.page_confidence`.
    goes_on
        Whether the pipeline would give the page to the next recognizer; None if the first one has no rules.
    """

    confidence: float | None
    goes_on: bool | None


def check_recognizers(pipeline: Pipeline) -> None:
    """Raise ConfigurationError unless the first recognizer costs nothing and sends some pages to another."""
    first, *others = pipeline.recognizers
    if not others:
        complaint = Complaint(
            first.configured.place,
            "--sample needs a second recognizer, which gets the pages that this one is not sure of",
            'add a [[recognizers]] table with a service, such as plugin = "azure-read"',
        )
    elif first.limits().remote:
        complaint = Complaint(
            first.configured.place,
            "--sample reads pages with the first recognizer, which must not be a service",
            'add a [[recognizers]] table with plugin = "rapidocr" before it',
        )
    elif pipeline.configuration.engine.compare:
        complaint = Complaint(
            "compare",
            "--sample says which pages would go on, and with compare = true all of them do",
            "add --set engine.compare=false to this command",
        )
    else:
        return
    raise ConfigurationError([complaint])


class SampleReading:
    """A pipeline that reads a sample with the first recognizer of another pipeline.

    It stores the results in the state folder of that pipeline, whose runs find them there. Sinks, amenders
    and observers of that pipeline are left out.
    """

    def __init__(self, pipeline: Pipeline, sample: PageSample) -> None:
        # The token differs each time. Otherwise documents of an earlier sample would count as written.
        self._collector = Collector(secrets.token_hex(8))
        self._rules = pipeline.recognizers[0].rules
        self._acceptance = Acceptance({_FIRST: (b"", self._rules)})
        self._close_faults: list[Problem] = []
        configuration = pipeline.configuration
        engine = replace(
            configuration.engine, on_failed_page="skip", max_pages=None, max_failed=None, sinks="coordinator"
        )
        components = (
            _configured("source", sample),
            *configuration.of_kind("transform"),
            replace(configuration.of_kind("recognizer")[0], accept=()),
            _configured("sink", self._collector),
        )
        name = f"{configuration.name} (sample)"
        made: Configuration = replace(configuration, name=name, components=components, engine=engine)
        self.pipeline = Pipeline(observed(made, ["progress"], where="--sample"))

    def pages(self) -> list[SampledPage]:
        """Return the pages that were read. Call it after the run."""
        rules = tuple(rule.configured for rule in self._rules)
        with Pipeline(replace(self.pipeline.configuration, components=rules)) as opened:
            pages = [self._sampled(each) for each in self._recognized()]
        self._close_faults = [problem_of(error, what) for error, what in opened.close_errors]
        return pages

    @property
    def faults(self) -> list[Problem]:
        """The exceptions that rules raised. As in a run, the pages count as accepted."""
        return [*self._acceptance.faults.values(), *self._close_faults]

    def _recognized(self) -> Iterator[RecognizedPage]:
        results = self._collector.results
        for index in range(len(results)):
            for start in results.document(index)["pages"]:
                yield RecognizedPage(*results.page(start))

    def _sampled(self, read: RecognizedPage) -> SampledPage:
        goes_on = None
        if self._rules:
            goes_on = self._acceptance.accepts(_FIRST, read.page, read.recognition) is False
        return SampledPage(page_confidence(read.recognition), goes_on)


def _configured(kind: str, component: Any) -> Configured:
    return Configured(kind, reference_of(kind, type(component)), "--sample", component)
