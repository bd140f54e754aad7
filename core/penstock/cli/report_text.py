"""The report of a run, and what a run would do, as text for people."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from penstock.cli.streams import print_lines
from penstock.report import RecognizerCost, RunReport, counted, money, pages_done, rate, wrote

if TYPE_CHECKING:
    from penstock.engine import Survey
    from penstock.model import Problem

MAX_ITEMS = 20  # of one list that are printed; the others are counted
MAX_NAMES = 5  # that are printed for one reason of failing


def show_survey(survey: Survey) -> None:
    found = f"{counted(survey.pages, 'page')} in {counted(survey.documents, 'document')}"
    parts = [f"{survey.known} known"] if survey.known else []
    parts += [f"{survey.in_flight} in flight since an earlier run"] if survey.in_flight else []
    parts += [f"{survey.refused} refused in an earlier run"] if survey.refused else []
    parts.append(f"{survey.to_send} to send")
    print_lines(f"{found}: {', '.join(parts)}{_cost(survey.cost)}")
    if survey.may_go_on:
        most = "" if survey.cost_at_most is None else f", for about {money(survey.cost_at_most)} at most"
        pages = counted(survey.may_go_on, "page")
        print_lines(
            f"up to {pages} may go on to the next recognizer, if a rule does not accept the first{most}"
        )
    if survey.stopped_by:
        print_lines(_stop(survey))
    print_by_reason("would fail", survey.failures, survey.failed)
    if survey.skipped_outputs:
        print_lines(f"not counted: {counted(survey.skipped_outputs, 'file')} that penstock wrote")
    for name in survey.sources_not_counted:
        print_lines(f"not counted: documents of the source {name!r}, which only a run fetches")
    print_lines(*survey.messages)


def _cost(cost: float | None) -> str:
    return "" if cost is None else f", for about {money(cost)} at the given prices"


def _total(report: RunReport) -> str:
    """Return what all runs cost, unless it is what this run cost."""
    is_more = report.total_cost is not None and report.total_cost != (report.cost or 0.0)
    return f" ({money(report.total_cost or 0.0)} with earlier runs)" if is_more else ""


def _bill(item: RecognizerCost) -> str:
    """Return ``azure-read: 1,204 pages at 1.50 per 1,000 = 1.81; today 1.81, this month 12.40``."""
    pages = f"{item.recognizer}: {item.pages:,} {'page' if item.pages == 1 else 'pages'}"
    if item.cost is None:
        return f"{pages}, without a price"
    price = f"{pages} at {money(1000 * item.cost / item.pages)} per 1,000 = {money(item.cost)}"
    return f"{price}; today {money(item.day_cost or 0.0)}, this month {money(item.month_cost or 0.0)}"


def _stop(survey: Survey) -> str:
    if not survey.stopped_after:
        return f"{survey.stopped_by} would stop the run before the first page is sent"
    cost = "" if survey.cost is None else f", for about {money(survey.stopped_cost)}"
    pages = counted(survey.stopped_after, "page")
    return f"{survey.stopped_by} would stop the run after {pages}{cost}; run it again to continue"


def show_report(
    report: RunReport, *, quiet: bool, no_pages: str = "no pages were found", lists_outputs: bool = True
) -> None:
    """Print the end of a run on stderr: what was written, what failed and why, and what to do.

    ``no_pages`` is the text for a run that found no page. Without ``lists_outputs``, the files are not named,
    because the progress observer has named each of them.
    """
    if not quiet:
        _show_success(report, no_pages, lists_outputs=lists_outputs)
    print_by_reason("failed", report.failures, report.failed)
    if doubtful := report.doubtful_submits:
        are, its = ("is", "its answer") if doubtful == 1 else ("are", "their answers")
        print_lines(
            f"{counted(doubtful, 'submit')} {are} in doubt: {its} got lost, so a service may bill twice"
        )
    if kept := report.pages_provisional:
        print_lines(_kept(kept, report.pages_to_improve))
    if report.lost_operations:
        print_lines(f"{counted(report.lost_operations, 'operation')} lost by the service and submitted again")
    if report.stopped:
        print_with_hint(f"stopped: {report.stopped.what}: {report.stopped.why}", report.stopped.hint)
    again = "run the same command again to continue"
    if report.unread_pages:
        print_lines(f"{counted(report.unread_pages, 'page')} not recognized yet; {again}")
    elif report.interrupted:
        print_lines(f"interrupted; {again}")


def _show_success(report: RunReport, no_pages: str, *, lists_outputs: bool) -> None:
    if report.pages_found or not report.failed:
        print_lines(_summary(report) if report.pages_found else no_pages)
    _print_not_sent(report)
    if lists_outputs:
        print_lines(*wrote(report.outputs, report.outputs_written))
    if report.cost is not None or report.pages_billed:
        # Those that were read on this machine as well cost nothing.
        billed = report.pages_billed
        sent = f"{counted(billed, 'page')} to a service" if billed else counted(report.pages_sent, "page")
        print_lines(f"sent {sent}{_cost(report.cost)}{_total(report)}")
        if report.cost is not None:
            print_lines(*map(_bill, report.costs))
    if changed := report.changed_outputs:
        were, them = ("was", "it") if changed == 1 else ("were", "them")
        outputs = counted(changed, "output")
        print_lines(f"kept {outputs} that {were} edited by hand (use --rewrite to replace {them})")
    if report.skipped_outputs:
        print_lines(f"skipped {counted(report.skipped_outputs, 'file')} that penstock wrote")
    print_by_reason("warning", report.warnings, report.warned)


def _print_not_sent(report: RunReport) -> None:
    """Say how many pages no recognizer has seen, so that a page that was taken for empty is noticed."""
    parts = [f"{counted(report.pages_empty, 'page')} taken for empty"] if report.pages_empty else []
    if own := report.pages_born_digital:
        parts.append(f"{counted(own, 'page')} with text of {'its' if own == 1 else 'their'} own")
    if parts:
        print_lines(f"not sent to a recognizer: {', '.join(parts)}")


def _kept(pages: int, to_improve: int) -> str:
    """Return how many pages have a result that a rule did not accept."""
    their = "its" if pages == 1 else "their"
    kept = f"{counted(pages, 'page')} kept {their} first reading, which a rule did not accept"
    if not to_improve:
        return kept
    which = "it" if pages == 1 else f"{to_improve} of them" if to_improve < pages else "them"
    return f"{kept}; the next run asks again for {which}"


def _summary(report: RunReport) -> str:
    if _is_up_to_date(report):
        pages, documents = counted(report.pages_found, "page"), counted(report.documents_found, "document")
        return f"nothing to do: {pages} and {documents} are up to date"
    current = f" ({report.documents_unchanged} up to date)" if report.documents_unchanged else ""
    speed = rate(report.pages_read, report.seconds)
    return (
        f"{pages_done(report.pages_read + report.pages_known, report.pages_found, report.pages_known)}, "
        f"{report.documents_written} of {counted(report.documents_found, 'document')} written{current} "
        f"in {report.seconds:.1f} s" + (f", {speed}" if speed else "")
    )


def _is_up_to_date(report: RunReport) -> bool:
    """Whether every page had a result, and every document its outputs, before the run."""
    if report.failed or report.stopped or report.interrupted or report.pages_to_improve:
        return False
    found = (report.pages_found, report.documents_found)
    return found == (report.pages_known, report.documents_unchanged)


def print_by_reason(head: str, problems: Iterable[Problem], count: int) -> None:
    """Print problems grouped by reason: a folder of broken files has few reasons and many names."""
    reasons: dict[tuple[str, str], list[str]] = {}
    for problem in problems:
        reasons.setdefault((problem.why, problem.hint), []).append(problem.what)
    for (why, hint), names in list(reasons.items())[:MAX_ITEMS]:
        print_with_hint(f"{head}: {_some(names)}: {why}", hint)
    if len(reasons) > MAX_ITEMS or count > sum(map(len, reasons.values())):
        print_lines(f"{head}: … {count} in all")


def print_with_hint(text: str, hint: str) -> None:
    """Print a line, and below it what to do if there is something."""
    print_lines(text, *([f"        {hint}"] if hint else []))


def _some(names: list[str]) -> str:
    shown = ", ".join(names[:MAX_NAMES])
    return shown if len(names) <= MAX_NAMES else f"{shown} and {len(names) - MAX_NAMES} more"
