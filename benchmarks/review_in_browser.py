"""`penstock review` in Chromium: key presses of a correction, how fast it goes on, memory of a large scan.

    python benchmarks/review_in_browser.py [--pages N] [--megapixels M]

The journal and the picture are those of `review.py`. A script presses keys: of 100 doubtful words it types 60
anew, accepts 25, types a space into 5, joins 5 with their next word and deletes 5. Keys of a text count as
letters; each other key counts, also Alt. Needs what `tests/install_browser` installs.
"""

from __future__ import annotations

import argparse
import statistics
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parent))
sys.path.insert(0, str(Path(__file__).parents[1] / "tests"))

from browser import chromium
from review import Server, draw, served, write_journal

WORDS = 100
# Each twenty words: 12 typed, 5 accepted, 1 split, 1 joined, 1 deleted.
KINDS = ["type", "type", "accept", "type", "type"] * 4
KINDS[9], KINDS[14], KINDS[19], KINDS[6] = "split", "join", "delete", "accept"

# Notes the milliseconds from a key that goes on to the picture of the window with the next word.
WATCH = """() => {
  window.times = [];
  const input = document.querySelector("#editor input");
  input.addEventListener("keydown", (event) => {
    if (event.key !== "Enter") return;
    const [start, place] = [performance.now(), document.querySelector(".place").textContent];
    const check = () => {
      if (document.querySelector(".place").textContent === place) requestAnimationFrame(check);
      else setTimeout(() => times.push(performance.now() - start));
    };
    requestAnimationFrame(check);
  }, { capture: true });
}"""


def main() -> None:
    """Measure the start, the keys, the time to the next word, and the memory of a large picture."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--pages", type=int, default=10_000)
    parser.add_argument("--megapixels", type=int, default=100, help="at least 20")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as name, chromium() as browser:
        cache = Path(name)
        page = draw(cache / "page.jpg", arguments.megapixels)
        write_journal(cache / "penstock/read", page, arguments.pages)
        for _ in range(3):
            with served(cache) as server:
                tab = opened(browser, server)
                print(f"list of documents after {time.perf_counter() - server.start:.2f} s")
                tab.context.close()
        with served(cache) as server:
            tab = opened(browser, server)
            tab.locator("#documents a").first.click()
            tab.locator("#editor input").wait_for()
            measure_keys(tab)
            tab.context.close()
        with served(cache) as server:
            measure_zoom(browser, server)


def opened(browser: Any, server: Server) -> Any:
    """Return a tab that shows the list of documents."""
    tab = browser.new_context(viewport={"width": 1280, "height": 800}).new_page()
    tab.goto(server.first)
    tab.locator("#documents li").first.wait_for()
    return tab


def measure_keys(tab: Any) -> None:
    """Mend words, and print the key presses beside letters and the milliseconds up to the next word."""
    tab.evaluate(WATCH)
    before = corrected(tab)
    presses = sum(mend(tab, KINDS[number % len(KINDS)]) for number in range(WORDS))
    tab.wait_for_timeout(500)
    times = sorted(tab.evaluate("times"))
    print(f"{presses / WORDS:.2f} key presses beside letters for each of {WORDS} words (goal: 1.2)")
    print(f"    corrected words of the page: {before} before, {corrected(tab)} afterwards")
    print(
        f"    from Enter to the next word: median {statistics.median(times):.0f} ms,"
        f" 95% within {times[int(len(times) * 0.95)]:.0f} ms (goal: 50 ms), {len(times)} measured"
    )


def corrected(tab: Any) -> int:
    return int(tab.locator("#lines .word.corrected").count())


def mend(tab: Any, kind: str) -> int:
    """Mend the selected word, and return the presses of keys that are no letters."""
    place = tab.locator(".place").text_content()
    typed = {"type": "penstock", "split": "pen stock"}.get(kind, "")
    keys = {"join": ["Alt+j", "Enter"], "delete": ["Alt+Delete"]}.get(kind, ["Enter"])
    tab.keyboard.type(typed)
    for key in keys:
        tab.keyboard.press(key)
    if kind != "delete":  # the next word may take its place
        tab.wait_for_function("place => document.querySelector('.place').textContent !== place", arg=place)
    return sum(1 + key.count("+") for key in keys)


def measure_zoom(browser: Any, server: Server) -> None:
    """Zoom into a large picture and out of it at six places, and print the memory and the bytes."""
    tab = opened(browser, server)
    sent = [0, 0]

    def count(response: Any) -> None:
        if "/pictures/" in response.url:
            sent[0] += 1
            sent[1] += int(response.headers.get("content-length", 0))

    tab.on("response", count)
    tab.locator("#documents a").first.click()
    tab.locator("#picture canvas").first.wait_for()
    place = tab.locator("#picture").bounding_box()
    for number in range(6):
        x, y = place["x"] + place["width"] * (1 + number % 3) / 4, place["y"] + 250 + 200 * (number // 3)
        tab.mouse.move(x, y)
        for step in [-300] * 12 + [300] * 12:
            tab.mouse.wheel(0, step)
            tab.wait_for_timeout(150)
    peaks = [memory(process["id"]) for process in processes(browser) if process["type"] == "renderer"]
    print(f"{sent[0]} tiles and parts of the picture, {sent[1] / 1e6:.1f} MB")
    print(f"    largest memory of a renderer: {max(peaks):.0f} MB (goal: 500 MB)")


def processes(browser: Any) -> list[dict[str, Any]]:
    session = browser.new_browser_cdp_session()
    return list(session.send("SystemInfo.getProcessInfo")["processInfo"])


def memory(process: int) -> float:
    """Return the largest memory of a process so far, in megabytes."""
    status = Path(f"/proc/{process}/status").read_text()
    return int(next(line for line in status.splitlines() if line.startswith("VmHWM")).split()[1]) / 1e3


if __name__ == "__main__":
    main()
