"""`penstock check --sample`: what a random sample says about the pages that would go on."""

from __future__ import annotations

import signal
import time

import pytest

from penstock.api.sample_estimates import Estimate, mean, share
from penstock.engine import PageSample
from penstock.model import Document, Page, Picture
from pipelines import double
from processes import started

SURE = '''
"""A recognizer that computes: a page's confidence is in its name, a-95.png."""

import time
from dataclasses import dataclass
from pathlib import Path

from penstock import Line, Quad, Recognition, Word, hookimpl
from penstock.errors import PictureError

BOX = Quad.from_box(5, 5, 45, 20)


@dataclass(eq=False)
class Sure:
    log: Path

    @hookimpl
    def read(self, page):
        name = Path(page.origin).stem
        with self.log.open("a") as log:
            log.write(name + "\\n")
        percent = name.split("-")[1]
        if percent == "slow":
            time.sleep(60)
        if percent == "bad":
            raise PictureError("the picture is cut off")
        if percent == "none":
            return Recognition()
        return Recognition((Line("word", BOX, (Word("word", BOX, int(percent) / 100),)),))
'''
OPENED = """
from dataclasses import dataclass

from penstock import hookimpl


@dataclass(eq=False)
class Opened:
    faulty: str

    def __enter__(self):
        self.fail("enter")
        return self

    def __exit__(self, *_):
        self.fail("exit")

    def fail(self, hook):
        if hook == self.faulty:
            raise RuntimeError("no model")

    @hookimpl
    def accepts(self, recognition):
        return True
"""
SECOND = f"""
[[recognizers]]
plugin = "{double("scripted:Scripted")}"
price_per_1000 = 2.0
"""
MIXED = [*["95"] * 5, *["85"] * 2, *["75"] * 2, "50"]


@pytest.fixture
def pipeline(tmp_path, draw):
    """Write a pipeline over pages of the given confidences; ``more`` follows the first recognizer."""

    def write(confidences: list[str], more: str = SECOND, accept: str = "") -> None:
        (tmp_path / "sure.py").write_text(SURE)
        for number, confidence in enumerate(confidences):
            draw(f"scans/{number:02}-{confidence}.png")
        (tmp_path / "penstock.toml").write_text(
            '[[sources]]\nplugin = "files"\npaths = ["scans"]\n'
            f'[[recognizers]]\nplugin = "./sure.py:Sure"\nlog = "log"\n{accept}\n{more}\n'
            '[[sinks]]\nplugin = "text"\npath = "out/{document}.txt"\n'
        )

    return write


@pytest.fixture
def read(tmp_path):
    """Return a function that names the pages that the first recognizer has read so far."""
    return lambda: sorted((tmp_path / "log").read_text().split()) if (tmp_path / "log").exists() else []


def rows(stderr: str) -> dict[str, list[str]]:
    """The cells of the table, by the first one."""
    cells = [[cell for cell in line.split("  ") if cell] for line in stderr.splitlines()]
    return {row[0].strip(): [cell.strip() for cell in row[1:]] for row in cells if len(row) == 5}


def test_all_pages_are_in_the_sample(command, pipeline, read, tmp_path):
    pipeline(MIXED, accept="accept = { confidence = 0.85 }")
    ended = command("check", "penstock.toml", "--sample", "50")
    assert ended.returncode == 0
    assert "10 of 10 pages were read by ./sure.py:Sure" in ended.stderr
    table = rows(ended.stderr)
    assert table["confidence = 0.7"][:3] == ["10%", "1", "0.0020"]
    assert table["confidence = 0.8"][:3] == ["30%", "3", "0.0060"]
    assert table["confidence = 0.9"] == ["50%", "5", "0.0100", "5%"]
    assert table["as in the file"][:3] == ["30%", "3", "0.0060"]
    assert len(read()) == len(MIXED)
    # The results are stored: a run reads no page with the first recognizer again.
    assert command("run", "penstock.toml").returncode == 0
    assert len(read()) == len(MIXED)
    assert len(list((tmp_path / "out").iterdir())) == len(MIXED)


def test_prices_in_steps(command, pipeline):
    steps = "[{ price = 0, up_to = 2 }, { price = 2.0 }]"
    pipeline(MIXED, SECOND.replace("price_per_1000 = 2.0", f"price_per_1000 = {steps}"))
    ended = command("check", "penstock.toml", "--sample", "50")
    assert rows(ended.stderr)["confidence = 0.9"][2] == "0.0060"
    assert rows(ended.stderr)["confidence = 0.7"][2] == "0.00"


def test_steps_count_the_pages_of_this_month(command, pipeline):
    steps = "[{ price = 0, up_to = 2 }, { price = 2.0 }]"
    more = SECOND.replace("price_per_1000 = 2.0", f"price_per_1000 = {steps}")
    pipeline(MIXED, more, accept="accept = { confidence = 0.85 }")
    assert command("run", "penstock.toml").returncode == 0  # sends three pages
    ended = command("check", "penstock.toml", "--sample", "50")
    assert rows(ended.stderr)["as in the file"][:3] == ["30%", "3", "0.0060"]


def test_a_part_of_the_pages_is_in_the_sample(command, pipeline, read):
    pipeline(MIXED)
    ended = command("check", "penstock.toml", "--sample", "4")
    assert "4 of 10 pages were read" in ended.stderr
    assert " to " in rows(ended.stderr)["confidence = 0.9"][0]
    assert "as in the file" not in ended.stderr
    first = read()
    assert len(first) == 4
    again = command("check", "penstock.toml", "--sample", "4")
    assert read() == first
    assert rows(again.stderr) == rows(ended.stderr)


def test_pages_that_cannot_be_read_or_have_no_text(command, pipeline):
    pipeline(["95", "none", "bad"], SECOND.replace("price_per_1000 = 2.0", ""))
    ended = command("check", "penstock.toml", "--sample", "3")
    assert ended.returncode == 1
    assert "2 of 3 pages were read" in ended.stderr
    assert "the picture is cut off" in ended.stderr
    assert rows(ended.stderr)["confidence = 0.7"][2] == "unknown"
    assert "1 page without a confidence, which a rule on confidence sends on" in ended.stderr
    assert "the cost is not known: set price_per_1000 of" in ended.stderr


def test_a_rule_that_raises_is_reported(command, pipeline):
    pipeline(MIXED[:3], accept=f'accept = {{ "{double("cascade:Broken")}" = true }}')
    ended = command("check", "penstock.toml", "--sample", "3")
    assert ended.returncode == 1
    assert "failed: " in ended.stderr
    assert "KeyError: 'word'; the reading is kept as if it were accepted" in ended.stderr
    assert rows(ended.stderr)["as in the file"][0].startswith("0%")


@pytest.mark.parametrize(
    ("hook", "code", "message"),
    [
        ("enter", 2, "the rule './opened.py:Opened' could not be opened: RuntimeError: no model"),
        ("exit", 1, "the rule './opened.py:Opened': RuntimeError: no model"),
    ],
)
def test_a_rule_that_cannot_be_opened_or_closed_is_named(command, pipeline, tmp_path, hook, code, message):
    (tmp_path / "opened.py").write_text(OPENED)
    pipeline(["95"], accept=f'accept = {{ "./opened.py:Opened" = "{hook}" }}')
    ended = command("check", "penstock.toml", "--sample", "3")
    assert (ended.returncode, message in ended.stderr) == (code, True), ended.stderr


def test_the_cost_of_lines_is_called_that_of_pages(command, pipeline, tmp_path):
    (tmp_path / "key").write_text("loopback")
    azure = '[[recognizers]]\nplugin = "azure-read"\nunit = "lines"\nprice_per_1000 = 1.5\n'
    azure += 'endpoint = "http://127.0.0.1:9"\nkey = { file = "key" }\n'
    pipeline(MIXED[:3], azure, accept="accept = { confidence = 0.85 }")
    ended = command("check", "penstock.toml", "--sample", "3")
    assert (
        "the cost is that of whole pages; azure-read gets sheets of lines, which are usually fewer"
        in ended.stderr
    )


def test_twins_count_once(command, pipeline, tmp_path):
    pipeline(["95"])
    (tmp_path / "scans/twin-95.png").write_bytes((tmp_path / "scans/00-95.png").read_bytes())
    assert "1 of 1 page were read" in command("check", "penstock.toml", "--sample", "9").stderr


def test_no_pages(command, pipeline, tmp_path):
    (tmp_path / "scans").mkdir()
    pipeline([])
    ended = command("check", "penstock.toml", "--sample", "9")
    assert "no sample: there are no pages to read" in ended.stderr


@pytest.mark.parametrize(
    ("first", "more", "message"),
    [
        ("./sure.py:Sure", "", "--sample needs a second recognizer"),
        (double("scripted:Scripted"), SECOND, "the first recognizer, which must not be a service"),
        ("./sure.py:Sure", f"{SECOND}[engine]\ncompare = true", "with compare = true all of them do"),
    ],
)
def test_recognizers_that_do_not_fit(command, pipeline, tmp_path, first, more, message):
    pipeline(["95"], more)
    file = tmp_path / "penstock.toml"
    if first != "./sure.py:Sure":
        text = file.read_text().replace('log = "log"', "price_per_1000 = 1.0")
        file.write_text(text.replace("./sure.py:Sure", first))
    ended = command("check", "penstock.toml", "--sample", "5")
    assert ended.returncode == 2
    assert message in ended.stderr


def test_ctrl_c_prints_what_is_known(pipeline, read, tmp_path):
    pipeline(["95", "75", "slow"])
    process = started(tmp_path, ["check", "penstock.toml", "--sample", "5", "--set", "engine.workers=1"], {})
    while len(read()) < 3:
        time.sleep(0.02)
    process.send_signal(signal.SIGINT)
    _, stderr = process.communicate(timeout=60)
    assert process.returncode == 130
    assert "2 of 3 pages were read" in stderr
    assert rows(stderr)["confidence = 0.8"][0].startswith("50%")


def test_intervals():
    assert share(3, 10, 10) == Estimate(0.3, 0.3, 0.3)
    # Wilson's interval of 15 of 50 is 0.191 to 0.438 for a sample of very many pages.
    wide = share(15, 50, 10**9)
    assert (round(wide.low, 3), round(wide.high, 3)) == (0.191, 0.438)
    narrow = share(15, 50, 60)
    assert wide.low < narrow.low < 0.3 < narrow.high < wide.high
    assert share(0, 5, 100).low == pytest.approx(0)
    assert mean([]) is None
    assert mean([0.1]) == Estimate(0.1, 0.1, 0.1)
    spread = mean([0.0, 0.1, 0.2, 0.3])
    assert spread is not None
    assert 0 <= spread.low < 0.15 < spread.high <= 0.3


def test_every_page_has_the_same_chance(tmp_path):
    page = Page(1, "a", Picture(tmp_path / "a.png", 0, 1, 1), 10, 10)
    chosen = PageSample(100)
    for number in range(1000):
        chosen.offer(page, Document(f"{number:03}", "a", ()))
    names = [int(document.name) for document in chosen.find_documents()]
    assert chosen.offered == 1000
    assert len(names) == len(chosen) == 100
    assert names == sorted(set(names))
    assert 400 < sum(names) / len(names) < 600
