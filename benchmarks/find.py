"""`penstock find`: how many misread names are found, and how fast in many pages.

    python benchmarks/find.py --lines LINES_FOLDER     # zip files of lines with transcriptions
    python benchmarks/find.py --texts TEXTS --pages N  # .txt.gz files, a text a line

With ``--lines``, the offline recognizer reads the lines. Names that it misread by one or two letters are
looked for among all of them: the goal is that 95 of 100 are found in the first five hits. Hits on other lines
that have the name, too, are not counted. With ``--texts``, pages are made of the texts, with one misread
letter in each tenth word, and searched for names, phrases and beginnings.
"""

from __future__ import annotations

import argparse
import gzip
import json
import random
import statistics
import tempfile
import time
import zlib
from collections.abc import Iterable, Iterator
from contextlib import closing
from itertools import pairwise
from pathlib import Path

from accuracy import distance
from handwritten_lines import read_lines

from penstock.engine.journal.answers import put_correction
from penstock.engine.journal.database import Database
from penstock.engine.keys import ContentKey
from penstock.model import Line, Quad, Recognition
from penstock.search import Query, Scope, find
from penstock.search.tokens import folded, split

NAME_LETTERS = 5  # of names that are looked for, at least
WORDS_A_LINE, LINES_A_PAGE = 8, 25
LETTERS = "abcdefghijklmnopqrstuvwxyz"


def main() -> None:
    """Run the benchmarks that were asked for."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--lines", type=Path)
    parser.add_argument("--read", type=Path, help="keep what was read in this file, and use it again")
    parser.add_argument("--texts", type=Path)
    parser.add_argument("--pages", type=int, default=100_000)
    arguments = parser.parse_args()
    if arguments.lines:
        measure_names(arguments.lines, arguments.read)
    if arguments.texts:
        measure_speed(arguments.texts, arguments.pages)


# Names that were misread


def measure_names(folder: Path, kept: Path | None) -> None:
    """Print how many misread names are found in the first hit, and in the first five."""
    rows = list(_read(folder, kept))
    misread = [(line, name) for line, (_, truth, text) in enumerate(rows) for name in _misread(truth, text)]
    random.Random(1).shuffle(misread)
    ranks = []
    with tempfile.TemporaryDirectory() as name:
        state = Path(name)
        write_journal(state, ([text] for _, _, text in rows))
        for line, wanted in misread[:100]:
            hits = find(Query.parse(wanted), [Scope(state)], limit=100).hits
            counted = [
                hit
                for hit in hits
                if hit.origin == f"{line}" or folded(wanted) not in split(rows[int(hit.origin)][1])
            ]
            ranks.append(next((rank for rank, hit in enumerate(counted, 1) if hit.origin == f"{line}"), None))
    found = [rank for rank in ranks if rank]
    print(f"{len(rows)} lines, {len(misread)} misread names, {len(ranks)} looked for")
    for most in (1, 5, 50):
        print(f"in the first {most:2}: {sum(rank <= most for rank in found) / len(ranks):.0%}")


def _read(folder: Path, kept: Path | None) -> Iterator[tuple[str, str, str]]:
    """Yield page, transcription and reading of each line."""
    if kept and kept.exists():
        yield from (tuple(json.loads(line)) for line in kept.read_text().splitlines())
        return
    rows = [(page, truth, line.text if line else "") for page, truth, line in read_lines(folder, 10**6)]
    if kept:
        kept.write_text("".join(json.dumps(row) + "\n" for row in rows))
    yield from rows


def _misread(truth: str, text: str) -> Iterator[str]:
    """Yield the names of a line whose nearest word in the reading has one or two wrong letters."""
    read = split(text)
    for word in truth.split():
        name = word.strip(".,;:!?()")
        if len(name) >= NAME_LETTERS and name.isalpha() and name[0].isupper():
            errors = min((distance(folded(name), each) for each in read), default=9)
            if 1 <= errors <= 2:
                yield name


# Many pages


def measure_speed(texts: Path, pages: int) -> None:
    """Print the time to index pages, the size of the index, and the times of searches."""
    with tempfile.TemporaryDirectory() as name:
        state = Path(name)
        write_journal(state, _pages(texts, pages))
        start, cpu = time.perf_counter(), time.process_time()
        find(Query.parse("nothing"), [Scope(state)], limit=1)
        wall, cpu = time.perf_counter() - start, time.process_time() - cpu
        print(f"{pages} pages: {wall / pages * 1e3:.2f} ms a page to index, of which {cpu / wall:.0%} CPU")
        for path in sorted(state.iterdir()):
            print(f"{path.name}: {path.stat().st_size / pages:.0f} bytes a page")
        measure_searches(state, _names(texts))


def measure_searches(state: Path, names: list[str]) -> None:
    """Print the times of searches in a folder whose index is up to date."""
    for what, queries in {
        "names": names,
        "misread names": [_spoiled(each, random.Random(each)) for each in names],
        "two names": [f"{first} {second}" for first, second in pairwise(names)],
        "beginnings": [f"{each[:5]}*" for each in names],
        "frequent words": ["the", "and", "dans", "und", "que"] * 4,
    }.items():
        _print_times(what, [_times(state, query) for query in queries])
    _print_times(
        "after an edit", [_times_after_an_edit(state, page, name) for page, name in enumerate(names)]
    )


def _print_times(what: str, times: list[tuple[float, float]]) -> None:
    walls, cpus = zip(*times, strict=True)
    print(
        f"{what:16} median {statistics.median(walls):.3f} s (CPU {statistics.median(cpus):.3f} s),"
        f" longest {max(walls):.3f} s (CPU {max(cpus):.3f} s)"
    )


def _times_after_an_edit(state: Path, page: int, name: str) -> tuple[float, float]:
    """Replace a page's text by one name, and search for it."""
    text = Recognition((Line(name, Quad.from_box(0, 0, 50, 20), ()),), 0.0)
    key = ContentKey(page.to_bytes(16))
    with closing(Database(state)) as database:
        _, statements = put_correction(key, text, time.time())
        database.write_together(*[(statement, values) for statement, *values in statements])
    return _times(state, name)


def _times(state: Path, query: str) -> tuple[float, float]:
    start, cpu = time.perf_counter(), time.process_time()
    find(Query.parse(query), [Scope(state)], limit=50)
    return time.perf_counter() - start, time.process_time() - cpu


def _lines(texts: Path) -> Iterator[str]:
    for path in sorted(texts.glob("*.txt.gz")):
        with gzip.open(path, "rt", encoding="utf-8") as file:
            yield from file


def _names(texts: Path) -> list[str]:
    """Return 20 capitalized words that are not at the beginning of a text."""
    words = [word for line in _lines(texts) for word in line.split()[1:] if word.isalpha()]
    names = sorted({word for word in words if len(word) >= 2 + NAME_LETTERS and word.istitle()})
    return random.Random(2).sample(names, 20)


def _pages(texts: Path, pages: int) -> Iterator[list[str]]:
    words = [word for line in _lines(texts) for word in line.split()]
    source = random.Random(3)
    for _ in range(pages):
        start = source.randrange(len(words) - WORDS_A_LINE * LINES_A_PAGE)
        page = words[start : start + WORDS_A_LINE * LINES_A_PAGE]
        read = [_spoiled(word, source) if source.random() < 0.1 else word for word in page]
        yield [" ".join(read[at : at + WORDS_A_LINE]) for at in range(0, len(read), WORDS_A_LINE)]


def _spoiled(word: str, source: random.Random) -> str:
    at = source.randrange(len(word))
    return word[:at] + source.choice(LETTERS) + word[at + 1 :]


def write_journal(state: Path, pages: Iterable[list[str]]) -> None:
    """Write a journal with one document for each page, given as its lines. Its name is its number."""
    with closing(Database(state)) as database:
        for number, lines in enumerate(pages):
            form = {"lines": [{"text": line, "quad": [[0, 0]] * 4, "words": []} for line in lines]}
            key = number.to_bytes(16)
            page = json.dumps({"origin": str(number), "path": f"/scans/{number}.jpg", "number": 1})
            answer = zlib.compress(json.dumps(form).encode(), 1)
            database.gather(
                "INSERT INTO documents (id, pipeline, name, origin, folder, run) VALUES (?, '', ?, ?, '', 1)",
                *(number, str(number), str(number)),
            )
            database.gather(
                "INSERT INTO pages (document, number, state, page, content, reading)"
                " VALUES (?, 1, 'read', ?, ?, ?)",
                *(number, page, key, key),
            )
            database.gather(
                "INSERT INTO answers (content, reading, kind, digest, answer, run, at)"
                " VALUES (?, ?, 'read', ?, ?, 1, 0)",
                *(key, key, key, answer),
            )
            if number % 1000 == 0:
                database.commit()
        database.commit()


if __name__ == "__main__":
    main()
