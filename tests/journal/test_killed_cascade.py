"""Runs with two recognizers, killed at random moments: no page is lost, and none is paid for twice."""

from __future__ import annotations

import random
from pathlib import Path

from journal.killing import CountingService, Pages, copied_journal, drawn_pages, finish, kill, start
from pipelines import double

PAGES, KILLS = 40, 5
_PAID = (
    "SELECT content FROM answers WHERE kind = 'read' GROUP BY content HAVING count(*) = 2"
    " UNION SELECT content FROM submissions WHERE operation IS NOT NULL"
)
_INTENTS = "SELECT content FROM submissions WHERE operation IS NULL"
_WITHOUT_FIRST = (
    "SELECT count(*) FROM submissions WHERE content NOT IN (SELECT content FROM answers WHERE kind = 'read')"
)


def pipeline(folder: Path, least: float) -> Path:
    """Write a pipeline whose first recognizer reads every second page with a confidence of 0.5."""
    doubtful = ", ".join(f'"{number:05}" = 0.5' for number in range(0, PAGES, 2))
    file = folder / "penstock.toml"
    file.write_text(
        '[[sources]]\nplugin = "files"\npaths = ["scans"]\ndocument = "folder"\n'
        f'[[recognizers]]\nplugin = "{double("cascade:Cheap")}"\n'
        f"confidences = {{ {doubtful} }}\naccept = {{ confidence = {least} }}\n"
        '[[recognizers]]\nplugin = "azure-read"\ncalls_per_second = 1000.0\n'
        '[[sinks]]\nplugin = "text"\npath = "out/{document}.txt"\n[engine]\nin_flight = 6\n'
    )
    return file


def looked_up(folder: Path, pages: Pages) -> tuple[set[bytes], set[bytes]]:
    """Return the pages that a killed run had paid for, and those in doubt, from a copy of its journal."""
    with copied_journal(folder / ".penstock", folder / "copy") as database:
        # The first result is stored before the page is sent.
        assert database.execute(_WITHOUT_FIRST).fetchone() == (0,)
        paid, intents = (
            {pages.contents[content] for (content,) in database.execute(statement)}
            for statement in (_PAID, _INTENTS)
        )
    return paid, intents


def test_killed_runs_lose_nothing_and_pay_once(tmp_path):
    chance = random.Random(3)
    pages = drawn_pages(tmp_path / "scans", PAGES)
    file = pipeline(tmp_path, 0.8)
    doubtful = 0
    paid: dict[bytes, int] = {}
    with CountingService(pages.words, work=0.02, submit_takes=0.03) as service:
        for _ in range(KILLS):
            process = start(file, service)
            service.wait_for_calls(service.calls + chance.randint(1, 12), process)
            if kill(process):
                found, intents = looked_up(tmp_path, pages)
                doubtful += len(intents)
                paid |= {digest: service.taken()[digest] for digest in found - paid.keys()}
        code, report = finish(start(file, service))
        assert (code, report["pages_provisional"]) == (0, 0)
        taken = service.taken()
        assert {digest: taken[digest] for digest in paid} == paid
        assert len(taken) == PAGES // 2
        assert taken.total() <= PAGES // 2 + doubtful
        file = pipeline(tmp_path, 0.1)
        assert finish(start(file, service))[0] == 0
        assert service.taken() == taken
    words = [line for path in (tmp_path / "out").iterdir() for line in path.read_text().splitlines() if line]
    assert sum(line.endswith("first") for line in words) == PAGES // 2
    assert sum(line.startswith("w") for line in words) == PAGES // 2
