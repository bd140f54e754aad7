"""Reviews of a drawn letter in Chromium, with the real server: keyboard, two tabs, crashes, hostile texts."""

from __future__ import annotations

import re
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

import pytest
from pdfminer.high_level import extract_text

from browser import INSTALL, axe_source
from doubles.reviewed import Served, served
from penstock.review.reviewing import Reviewing
from penstock.search import Scope
from processes import environment

LETTER = """\
Dear Anma? how are
you in Stan? ford today
and te? chil? dren play
X? in the smoke? garden
illeg? last"""
SECOND = "Yours Maria? faithfully\nAnma came with Anma"
HOSTILE = "<img src=x onerror=alert(1)>"
ALL: dict[str, Any] = {"resultTypes": ["violations"]}
LOOKS = [
    (1280, 800, "light", ALL),
    (390, 780, "light", ALL),
    (1280, 800, "dark", {**ALL, "runOnly": ["color-contrast"]}),
]
"""Sizes of the window, and what axe-core checks there: the dark differs in its colors only."""
FIRST_PAGE = "/documents/{key}/pages/1"


@pytest.fixture
def state(tmp_path: Path, letter: Callable[..., Path], told: dict[str, Any], run_tables: Any) -> Path:
    """Recognize a letter of two pages, and a file with a hostile name and text. Return the state folder."""
    letter("scans/letter.tif", LETTER, SECOND)
    letter(f"scans/{HOSTILE}.tif", "<script>alert(2)</script>? <b>bold</b>? javascript:alert(3)")
    sinks = [{"plugin": "pdf", "path": "out/{document}.pdf"}]
    run_tables({**told, "sinks": sinks})
    source = '[[sources]]\nplugin = "files"\npaths = ["scans"]\n'
    (tmp_path / "box.toml").write_text(f'name = "test"\n{source}')
    return tmp_path / ".penstock"


@pytest.fixture
def reviewing(state: Path) -> Iterator[Reviewing]:
    with Reviewing([Scope(state)]) as opened:
        yield opened


@pytest.fixture
def server(reviewing: Reviewing) -> Iterator[Served]:
    with served(reviewing) as opened:  # type: ignore[arg-type]
        yield opened


@pytest.fixture
def keys(reviewing: Reviewing) -> dict[str, str]:
    return {entry["name"]: entry["key"] for entry in reviewing.listed(limit=9)["documents"]}


@pytest.fixture
def watched(browser: Any) -> Iterator[Callable[..., Any]]:
    """Open contexts of the browser, and check that no page reports an error or asks another host."""
    faults: list[str] = []
    hosts: set[str] = set()

    def note(message: Any) -> None:
        # Chromium reports statuses as errors; the tests expect some.
        if message.type in ("error", "warning") and "Failed to load resource" not in message.text:
            faults.append(message.text)

    with ExitStack() as opened:

        def make(**options: Any) -> Any:
            context = opened.enter_context(browser.new_context(**options))
            context.set_default_timeout(20_000)
            context.on("console", note)
            context.on("weberror", lambda error: faults.append(str(error.error)))
            context.on("request", lambda request: hosts.add(request.url.partition("//")[2].partition(":")[0]))
            return context

        yield make
    assert faults == []
    assert hosts == {"127.0.0.1"}


@pytest.fixture
def tab(watched: Callable[..., Any], server: Served) -> Any:
    """Return a tab that shows the list of documents."""
    page = watched(viewport={"width": 1280, "height": 800}).new_page()
    page.goto(f"{server.url}/?token={server.sessions.token}")
    return page


def press(tab: Any, *keys: str) -> None:
    for key in keys:
        tab.keyboard.press(key)


def write(tab: Any, text: str) -> None:
    """Type a text in place of what the input says, and press Enter."""
    tab.keyboard.type(text)
    press(tab, "Enter")


def shows(tab: Any, text: str) -> None:
    """Wait until the input says a text."""
    tab.wait_for_function("text => document.querySelector('#editor input')?.value === text", arg=text)


def is_saved(tab: Any) -> None:
    tab.locator("#saving[aria-busy=false]", has_text=re.compile("^Saved$")).wait_for()


def go_to(tab: Any, name: str) -> None:
    """Press Tab until the focus is on a link or button, and check that the focus can be seen."""
    for _ in range(40):
        press(tab, "Tab")
        text, is_seen = tab.evaluate(
            """() => {
              const focused = document.activeElement;
              if (focused === document.body) return ["", true]; // beyond the last element
              const outlined = ({ outlineStyle, outlineWidth }) =>
                outlineStyle !== "none" && parseFloat(outlineWidth) >= 1;
              // A link that covers its card is outlined with the card.
              const styles = [getComputedStyle(focused), getComputedStyle(focused, "::after")];
              return [focused.textContent, styles.some(outlined)];
            }"""
        )
        assert is_seen, f"the focus on {text!r} cannot be seen"
        if text.startswith(name):
            return
    pytest.fail(f"Tab does not reach {name!r}")


def texts(reviewing: Reviewing, key: str, number: int = 1) -> list[str]:
    """Return the lines of a page as the journal has them."""
    return [line["text"] for line in reviewing.page(key, number)["lines"]]


def test_words_are_mended_by_keyboard_alone(tab: Any, reviewing: Reviewing, keys: dict[str, str]) -> None:
    tab.get_by_role("link", name="letter").wait_for()
    go_to(tab, "letter")
    press(tab, "Enter")
    tab.get_by_role("link", name="Page 1").wait_for()
    go_to(tab, "Page 1")
    press(tab, "Enter")

    shows(tab, "Anma")
    write(tab, "Anna")
    shows(tab, "Stan")
    press(tab, "Alt+j")
    shows(tab, "Stanford")
    press(tab, "Enter")
    shows(tab, "te")
    write(tab, "the")
    shows(tab, "chil")
    press(tab, "Alt+j")
    shows(tab, "children")
    press(tab, "Enter")
    shows(tab, "X")
    press(tab, "Alt+Delete")
    shows(tab, "smoke")
    press(tab, "Enter")
    shows(tab, "illeg")
    press(tab, "Alt+i")
    shows(tab, "Maria")
    press(tab, "Control+z")
    shows(tab, "illeg")
    press(tab, "Control+Shift+Z")
    shows(tab, "[illegible]")
    press(tab, "ArrowDown")
    shows(tab, "last")
    press(tab, "Home", "ArrowRight", "ArrowRight", "Alt+s")
    shows(tab, "la")
    press(tab, "Alt+ArrowUp", "Alt+a")
    tab.get_by_role("button", name="Use this box").wait_for()
    press(tab, "Enter")
    shows(tab, "")
    write(tab, "new")
    shows(tab, "st")
    press(tab, "Tab")
    shows(tab, "Maria")
    press(tab, "Alt+b")
    tab.get_by_role("button", name="Top left corner").wait_for()
    press(tab, "Shift+ArrowLeft", "Enter")
    is_saved(tab)

    assert texts(reviewing, keys["letter"]) == [
        "Dear Anna how are",
        "you in Stanford today",
        "and the children play",
        "[illegible] la new st",
        "in the smoke garden",
    ]
    (moved,) = reviewing.history(keys["letter"], 2)["edits"]
    assert moved["kind"] == "move"
    maria = reviewing.page(keys["letter"], 2)["lines"][0]["words"][1]
    assert maria["corrected"]
    assert maria["quad"][0][0] < maria["quad"][3][0] == 70


def open_page(tab: Any, server: Served, key: str, place: str = "") -> None:
    tab.goto(server.url + FIRST_PAGE.format(key=key) + place)
    tab.locator("#editor input").wait_for()


def test_tabs_that_change_the_same_word_lose_nothing(
    tab: Any, server: Served, reviewing: Reviewing, keys: dict[str, str]
) -> None:
    key = keys["letter"]
    other = tab.context.new_page()
    for each in (tab, other):
        open_page(each, server, key)
        shows(each, "Anma")

    write(other, "Anne")
    is_saved(other)
    tab.bring_to_front()
    write(tab, "Anna")
    shows(tab, "Stan")
    tab.get_by_text("Which text is right?").wait_for()
    assert texts(reviewing, key)[0] == "Dear Anne how are"
    press(tab, "Escape")
    go_to(tab, "Keep mine")
    press(tab, "Enter")
    is_saved(tab)

    assert texts(reviewing, key)[0] == "Dear Anna how are"


def test_edits_outlive_a_server_that_is_killed(
    watched: Callable[..., Any], reviewing: Reviewing, keys: dict[str, str], state: Path
) -> None:
    key = keys["letter"]
    context = watched()
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    with killed_at_the_end(state.parent, port) as address:
        tab = context.new_page()
        tab.goto(address.replace("/?", f"/documents/{key}/pages/1?"))
        shows(tab, "Anma")
        write(tab, "Anna")
        is_saved(tab)
    write(tab, "Stam")
    tab.get_by_text("1 change is not saved yet").wait_for()
    assert texts(reviewing, key)[:2] == ["Dear Anna how are", "you in Stan ford today"]

    with killed_at_the_end(state.parent, port) as address:
        context.new_page().goto(address)
        tab.evaluate("dispatchEvent(new Event('online'))")  # tries again at once, not after some seconds
        is_saved(tab)

    assert texts(reviewing, key)[:2] == ["Dear Anna how are", "you in Stam ford today"]


@contextmanager
def killed_at_the_end(folder: Path, port: int) -> Iterator[str]:
    """Start the command, and return the address that it prints."""
    command = [sys.executable, "-m", "penstock", "review", "--no-browser", "--port", str(port), "box.toml"]
    process = subprocess.Popen(
        command, cwd=folder, env=environment(folder), stdout=subprocess.PIPE, text=True
    )
    try:
        assert process.stdout is not None
        yield process.stdout.readline().strip()
    finally:
        process.kill()
        process.communicate()


def test_the_same_words_are_changed_everywhere_and_files_written(
    tab: Any, server: Served, reviewing: Reviewing, keys: dict[str, str], tmp_path: Path
) -> None:
    open_page(tab, server, keys["letter"])
    shows(tab, "Anma")
    write(tab, "Anna")
    tab.get_by_text("2 more words say").wait_for()
    press(tab, "Alt+e")
    change = tab.get_by_role("button", name="Change 2 words")
    change.wait_for()
    assert change.evaluate("each => each === document.activeElement")
    press(tab, "Enter")
    shows(tab, "Stan")
    is_saved(tab)
    assert texts(reviewing, keys["letter"], 2)[1] == "Anna came with Anna"

    press(tab, "Escape")
    go_to(tab, "Write files")
    press(tab, "Enter")
    tab.get_by_role("heading", name="1 file was written").wait_for()
    assert "Anna came with Anna" in " ".join(extract_text(tmp_path / "out/letter.pdf").split())

    press(tab, "Escape")
    note = "out/letter.pdf does not hold 2 letters"
    tab.route("**/write", lambda route: route.fulfill(json={"written": [], "problems": [], "notes": [note]}))
    go_to(tab, "Write files")
    press(tab, "Enter")
    tab.get_by_role("dialog").get_by_text(note).wait_for()


def test_hostile_names_and_texts_are_only_text(tab: Any, server: Served, keys: dict[str, str]) -> None:
    tab.on("dialog", lambda dialog: pytest.fail(dialog.message))
    tab.get_by_role("link", name=HOSTILE).click()
    shows(tab, "<script>alert(2)</script>")
    write(tab, "<svg/onload=alert(4)>")
    shows(tab, "<b>bold</b>")
    is_saved(tab)
    tab.get_by_role("button", name="Changes").click()
    tab.get_by_role("dialog").get_by_text("<svg/onload=alert(4)>").wait_for()

    assert tab.locator("#name").text_content() == HOSTILE
    assert tab.locator("img[src=x], script:not([src]), svg[onload], b").count() == 0


@pytest.mark.skipif(axe_source() is None, reason=f"axe-core is not installed: {INSTALL}")
def test_pages_are_accessible(watched: Callable[..., Any], server: Served, keys: dict[str, str]) -> None:
    tab = watched(reduced_motion="reduce").new_page()
    tab.goto(f"{server.url}/?token={server.sessions.token}")
    tab.get_by_role("link", name="letter").wait_for()
    faults = look(tab, "list")
    tab.goto(f"{server.url}/documents/{keys['letter']}")
    tab.get_by_role("link", name="Page 1").wait_for()
    faults += look(tab, "document")
    open_page(tab, server, keys["letter"])
    shows(tab, "Anma")
    faults += look(tab, "page")
    for action, name in [("Keys", "Keys"), ("Changes", "Changes"), ("Write files", "written|up to date")]:
        tab.get_by_role("button", name=re.compile(f"^{action}")).first.click()
        tab.get_by_role("dialog", name=re.compile(name)).wait_for()
        faults += look(tab, action)
        press(tab, "Escape")
    tab.locator("#editor input").focus()
    write(tab, "Anna")
    tab.get_by_text("2 more words say").wait_for()
    press(tab, "Alt+e")
    tab.get_by_role("button", name="Change 2 words").wait_for()
    faults += look(tab, "everywhere")
    tab.get_by_role("button", name="Cancel").click()
    press(tab, "Alt+a")
    tab.get_by_role("button", name="Use this box").wait_for()
    faults += look(tab, "box")

    assert faults == []


def look(tab: Any, where: str) -> list[str]:
    """Return what is not accessible, or does not fit, in a wide and a narrow window, and in the dark."""
    faults = []
    if not tab.evaluate("'axe' in window"):
        tab.evaluate(axe_source())
    for width, height, scheme, options in LOOKS:
        tab.set_viewport_size({"width": width, "height": height})
        tab.emulate_media(color_scheme=scheme)
        if tab.evaluate("document.documentElement.scrollWidth > innerWidth"):
            faults.append(f"{where} at {width}: wider than the window")
        found = tab.evaluate("options => axe.run(options)", options)["violations"]
        faults += [
            f"{where} at {width}, {scheme}: {each['id']}: {node['target']} {node['failureSummary']}"
            for each in found
            if each["impact"] in ("serious", "critical")
            for node in each["nodes"]
        ]
    return faults
