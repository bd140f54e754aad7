"""The modules that edit a page, loaded in Chromium: edits, and the store that sends them."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest

import penstock.review
from penstock.json_form import line_from_json, recognition_from_json
from penstock.review.edits import edit_from_json, edited

STATIC = Path(penstock.review.__file__).parent / "static"
ORIGIN = "http://review.test"
KEY = "0-1"

Form = dict[str, Any]


class Server:
    """Answers the requests of the store as the server does: a splice of other lines is a conflict."""

    def __init__(self, texts: list[str]) -> None:
        self.lines = [line(text, 100 * index) for index, text in enumerate(texts)]
        self.kinds: list[str] = []
        self.is_down = False

    def answer(self, route: Any) -> None:
        path = urlsplit(route.request.url).path
        if path.startswith("/static/"):
            route.fulfill(path=STATIC / path.removeprefix("/static/"), content_type="text/javascript")
        elif not path.startswith("/api/"):
            route.fulfill(body="<!DOCTYPE html><title>review</title>", content_type="text/html")
        elif self.is_down:
            route.abort()
        elif route.request.method == "GET":
            route.fulfill(json=self.page())
        else:
            self.edit(route, route.request.post_data_json)

    def page(self) -> Form:
        return {"number": 1, "lines": self.lines, "next_doubtful": None, "document": {"key": KEY}}

    def edit(self, route: Any, splice: Form) -> None:
        self.kinds.append(splice["kind"])
        start, before = splice["start"], splice["before"]
        if texts(self.lines[start : start + len(before)]) != texts(before):
            route.fulfill(status=409, json={"error": "the page was changed", "page": self.page()})
            return
        self.lines[start : start + len(before)] = splice["after"]
        route.fulfill(json={"digest": "", "lines": splice["after"]})

    def mend(self, index: int, old: str, new: str) -> None:
        """Change a word as another tab would."""
        changed = json.loads(json.dumps(self.lines[index]))
        for word in changed["words"]:
            word["text"] = new if word["text"] == old else word["text"]
        changed["text"] = " ".join(texts(changed["words"]))
        self.lines[index] = changed

    @property
    def texts(self) -> list[str]:
        return texts(self.lines)


def texts(forms: list[Form]) -> list[str]:
    return [form["text"] for form in forms]


def quad(x: float, y: float, width: float, height: float = 40) -> list[list[float]]:
    return [[x, y], [x + width, y], [x + width, y + height], [x, y + height]]


def line(text: str, top: float) -> Form:
    """Return a line with words of 100 pixels' width, each with a gap of 20 pixels after it."""
    words = [
        {"text": each, "quad": quad(120 * index, top, 100), "confidence": 0.3, "doubtful": True}
        for index, each in enumerate(text.split())
    ]
    return {"text": text, "quad": quad(0, top, 120 * len(words) - 20), "words": words}


@pytest.fixture
def server() -> Server:
    return Server(["Dear Anna how are", "you in Stanferd today", "and the children"])


@pytest.fixture
def tab(browser: Any, server: Server) -> Iterator[Any]:
    context = browser.new_context()
    context.route("**/*", server.answer)
    page = context.new_page()
    page.goto(f"{ORIGIN}/documents/{KEY}/pages/1")
    open_store(page)
    yield page
    context.close()


@pytest.fixture(scope="module")
def pure(browser: Any) -> Iterator[Any]:
    """Return a tab for edits that are not stored."""
    with browser.new_context() as context:
        context.route("**/*", Server(["one line"]).answer)
        page = context.new_page()
        page.goto(ORIGIN)
        open_store(page)
        yield page


def open_store(tab: Any) -> None:
    tab.evaluate(
        """async () => {
          window.edits = await import("/static/edits.js");
          const { PageStore } = await import("/static/store.js");
          window.store = new PageStore();
          window.edit = (name, ...options) => {
            const { kind, start, before, after } = edits[name](store.lines, ...options);
            store.apply(kind, start, before, after);
          };
          await store.load("0-1", 1);
        }"""
    )


def edit(tab: Any, name: str, *options: Any) -> list[str]:
    """Edit the page in the tab, wait until it is stored, and return the texts of the shown lines."""
    tab.evaluate("([name, ...options]) => edit(name, ...options)", [name, *options])
    tab.evaluate("store.settled()")
    return shown(tab)


def shown(tab: Any) -> list[str]:
    return tab.evaluate("store.lines.map((line) => line.text)")


CHINESE = {"text": "認識", "quad": quad(0, 0, 80), "words": [
    {"text": "認", "quad": quad(0, 0, 40), "confidence": 0.3},
    {"text": "識", "quad": quad(40, 0, 40), "confidence": 0.9},
]}  # fmt: skip
HEBREW = {"text": "שלום עולם", "quad": quad(0, 0, 220), "direction": "rtl", "words": [
    {"text": "שלום", "quad": quad(120, 0, 100), "confidence": 0.3},
    {"text": "עולם", "quad": quad(0, 0, 100), "confidence": 0.9},
]}  # fmt: skip
VERTICAL = {"text": "手紙", "quad": quad(0, 0, 40, 80), "direction": "ttb", "words": [
    {"text": "手", "quad": quad(0, 0, 40), "confidence": 0.3},
    {"text": "紙", "quad": quad(0, 40, 40), "confidence": 0.9},
]}  # fmt: skip
ENGLISH = line("Dear Anna how", 0)


@pytest.mark.parametrize(
    ("given", "name", "options", "text"),
    [
        (ENGLISH, "replaceWord", [1, "Anne,"], "Dear Anne, how"),
        (ENGLISH, "replaceWord", [1, " An  na "], "Dear An na how"),
        (ENGLISH, "replaceWord", [1, ""], "Dear how"),
        (ENGLISH, "acceptWord", [1], "Dear Anna how"),
        (ENGLISH, "replaceWord", [0, "De ar"], "De ar Anna how"),
        (ENGLISH, "joinWithNext", [0], "DearAnna how"),
        (ENGLISH, "deleteWord", [0], "Anna how"),
        (ENGLISH, "markIllegible", [2], "Dear Anna [illegible]"),
        (ENGLISH, "setQuad", [0, [[0, 0], [100, 0], [110, 60], [0, 40]]], "Dear Anna how"),
        (CHINESE, "replaceWord", [0, "言人"], "言人識"),
        (CHINESE, "joinWithNext", [0], "認識"),
        (CHINESE, "deleteWord", [0], "識"),
        (HEBREW, "replaceWord", [0, "של ום"], "של ום עולם"),
        (VERTICAL, "replaceWord", [1, "氏"], "手氏"),
    ],
)
def test_edit_of_a_word_changes_the_text_of_its_line(
    pure: Any, given: Form, name: str, options: list[Any], text: str
) -> None:
    edit = "([line, name, ...options]) => edits[name]([line], 0, ...options)"

    splice = pure.evaluate(edit, [given, name, *options])

    after = splice["after"][0]
    assert after["text"] == text
    assert "".join(texts(after["words"])) == text.replace(" ", "")
    for word in after["words"]:
        is_known = any(word == known for known in given["words"])
        assert is_known or (word["corrected"] and word["confidence"] is None and not word["doubtful"])
    stored = edited(recognition_from_json({"lines": [given]}), edit_from_json(splice), (1000, 1000))[1].after
    assert stored == tuple(map(line_from_json, splice["after"]))


def test_parts_of_a_split_word_share_its_box_in_the_order_of_reading(pure: Any) -> None:
    split = "([line, text]) => edits.replaceWord([line], 0, 0, text).after[0].words.map((word) => word.quad)"

    first, second, _ = pure.evaluate(split, [HEBREW, "של ום"])
    above, below, _ = pure.evaluate(split, [VERTICAL, "手 紙"])

    assert second[0][0] == 120
    assert second[1][0] < first[0][0]
    assert first[1][0] == 220
    assert (above[0], below[2]) == ([0, 0], [40, 40])
    assert above[3][1] < below[0][1]


@pytest.mark.parametrize(
    ("box", "expected"),
    [
        ((101, 2, 119, 38), ["Dear new Anna how are", "you in"]),
        ((480, 2, 560, 38), ["Dear Anna how are new", "you in"]),
        ((0, 50, 90, 90), ["Dear Anna how are", "new", "you in"]),
        ((0, 300, 90, 340), ["Dear Anna how are", "you in", "new"]),
    ],
)
def test_drawn_word_goes_into_the_line_that_it_overlaps(
    pure: Any, box: tuple[int, ...], expected: list[str]
) -> None:
    lines = [line("Dear Anna how are", 0), line("you in", 100)]
    add = """([lines, [left, top, right, bottom]]) =>
        edits.applied(lines, edits.addWord(lines, { left, top, right, bottom }, "new"))"""

    assert texts(pure.evaluate(add, [lines, box])) == expected


def test_each_edit_is_undone_by_the_reverse_splice(pure: Any) -> None:
    faults = pure.evaluate(
        """(lines) => {
          const frozen = (value) => {
            if (value && typeof value === "object") Object.values(Object.freeze(value)).forEach(frozen);
            return value;
          };
          frozen(lines);
          const box = (x, y) => ({ left: x, top: y, right: x + 50, bottom: y + 30 });
          const faults = [];
          const check = (name, ...options) => {
            const splice = edits[name](lines, ...options);
            if (!splice) return;
            const back = edits.applied(edits.applied(lines, splice), edits.reversed(splice));
            if (JSON.stringify(back) !== JSON.stringify(lines)) faults.push([name, ...options]);
          };
          lines.forEach(({ words }, line) => {
            check("moveLine", line, 1);
            check("moveLine", line, -1);
            check("deleteLine", line);
            for (const [word, { quad }] of words.entries()) {
              for (const text of ["x", "two words", "", "認 識"]) check("replaceWord", line, word, text);
              for (const name of ["acceptWord", "joinWithNext", "deleteWord", "markIllegible"]) {
                check(name, line, word);
              }
              for (const corner of [0, 1, 2, 3]) check("setQuad", line, word, quad.with(corner, [7, 9]));
              check("addWord", box(word * 70, line * 60), "new word");
            }
          });
          return faults;
        }""",
        [ENGLISH, CHINESE, HEBREW, VERTICAL, line("the last line", 200)],
    )

    assert faults == []


def test_edits_are_stored_in_order_and_undone(tab: Any, server: Server) -> None:
    tab.evaluate(
        "edit('replaceWord', 0, 0, 'My'); edit('replaceWord', 0, 1, 'dear Anna'); edit('moveLine', 2, -1)"
    )
    tab.evaluate("store.settled()")
    assert server.texts == ["My dear Anna how are", "and the children", "you in Stanferd today"]

    tab.evaluate("store.undo().then(() => store.undo()).then(() => store.redo())")
    tab.evaluate("store.settled()")

    assert server.kinds == ["replace", "split", "order", "undo", "undo", "redo"]
    assert server.texts == shown(tab) == ["My dear Anna how are", "you in Stanferd today", "and the children"]


def test_edit_is_undone_after_an_immediate_reload(tab: Any, server: Server) -> None:
    edit(tab, "replaceWord", 1, 2, "Stanford")

    tab.reload()
    open_store(tab)
    tab.evaluate("store.undo().then(() => store.settled())")

    assert server.texts[1] == shown(tab)[1] == "you in Stanferd today"


def test_edits_outlive_a_reload_without_a_server(tab: Any, server: Server) -> None:
    server.is_down = True
    edit(tab, "replaceWord", 1, 2, "Stanford")
    assert tab.evaluate("[store.saving.state, store.saving.unsaved]") == ["waiting", 1]

    server.is_down = False
    tab.on("dialog", lambda dialog: dialog.accept())
    tab.reload()
    open_store(tab)
    tab.evaluate("store.settled()")

    assert server.texts[1] == shown(tab)[1] == "you in Stanford today"
    assert tab.evaluate("store.saving.state") == "saved"


def test_edits_of_two_tabs_in_one_line_are_both_kept(tab: Any, server: Server) -> None:
    server.mend(1, "you", "thou")

    edit(tab, "replaceWord", 1, 2, "Stanford")

    assert server.texts[1] == shown(tab)[1] == "thou in Stanford today"
    assert tab.evaluate("store.conflicts") == []


@pytest.mark.parametrize(("choice", "text"), [("mine", "Stanford"), ("theirs", "Stamford")])
def test_person_chooses_if_two_tabs_change_one_word(tab: Any, server: Server, choice: str, text: str) -> None:
    server.mend(1, "Stanferd", "Stamford")

    edit(tab, "replaceWord", 1, 2, "Stanford")
    asked = tab.evaluate("store.conflicts.map(({ mine, theirs }) => [mine[0].text, theirs[0].text])")
    tab.evaluate("(choice) => store.resolve(store.conflicts[0].edit, choice)", choice)
    tab.evaluate("store.settled()")

    assert asked == [["you in Stanford today", "you in Stamford today"]]
    assert server.texts[1] == shown(tab)[1] == f"you in {text} today"
    assert tab.evaluate("store.saving.state") == "saved"
