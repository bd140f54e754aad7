"""Words of a corrected text lie where the recognized words are."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from penstock.engine.corrected_lines import agreed_line
from penstock.geometry import Homography, Quad, dot, unit
from penstock.model import Alternative, Line, Word

TILTED = Homography(((0.98, -0.17, 200.0), (0.17, 0.98, 100.0), (0.0, 0.0, 1.0)))
WORDS = st.text("abcdeinorst", min_size=1, max_size=8)


def line_of(*words: str, text: str | None = None, gap: float = 10) -> Line:
    """Return a line whose letters are ten pixels wide."""
    placed, x = [], 0.0
    for word in words:
        placed.append(Word(word, Quad.from_box(x, 0, x + 10 * len(word), 20), 0.7))
        x += 10 * len(word) + gap
    quad = Quad.from_box(0, 0, x - gap, 20)
    return Line(text or " ".join(words), quad, tuple(placed))


def spans(line: Line) -> list[tuple[str, float, float]]:
    """Return each word with its start and end along the line, as whole pixels."""
    along, start = unit(line.quad.angle), line.quad.corners[0]
    return [
        (
            word.text,
            round(min(dot((x - start[0], y - start[1]), along) for x, y in word.quad.corners)),
            round(max(dot((x - start[0], y - start[1]), along) for x, y in word.quad.corners)),
        )
        for word in line.words
    ]


def corrected(line: Line, text: str) -> Line:
    return agreed_line(replace(line, text=text), line)


@pytest.mark.parametrize("tilt", [Homography(), TILTED])
def test_joined_split_and_kept_words(tilt):
    line = line_of("must", "et", "tend", "to", "you,", "whoknew")
    quads = [word.quad.mapped(tilt) for word in line.words]
    tilted = Line(
        line.text,
        line.quad.mapped(tilt),
        tuple(replace(word, quad=quad) for word, quad in zip(line.words, quads, strict=True)),
    )
    scale = tilted.quad.width / line.quad.width
    must, extend, to, you, who, knew = spans(corrected(tilted, "must extend to you, who knew"))
    assert extend == ("extend", round(50 * scale), round(120 * scale))
    assert [must[1:], to[1:], you[1:]] == [span[1:] for span in (spans(tilted)[index] for index in (0, 3, 4))]
    start, end = spans(tilted)[5][1:]
    assert (who[0], who[1], knew[0], knew[2]) == ("who", start, "knew", end)
    assert start + 0.3 * (end - start) < who[2] < knew[1] < start + 0.6 * (end - start)


def test_kept_words_keep_everything_and_others_are_marked():
    line = line_of("must", "et", "tend")
    must, extend = corrected(line, "must extend").words
    assert must is line.words[0]
    assert (extend.confidence, extend.corrected) == (None, True)


def test_replaced_word_keeps_its_place():
    line = line_of("Mr", "Stanferd", "writes")
    assert spans(corrected(line, "Mr Elizabeth writes"))[1] == ("Elizabeth", 30, 110)


def test_moved_space_keeps_both_words_on_their_ink():
    the, cat = spans(corrected(line_of("th", "ecat"), "the cat"))
    assert (the[1], cat[2]) == (0, 70)
    assert 25 < the[2] < cat[1] < 45


def test_spaced_letters_are_joined():
    assert spans(corrected(line_of("H", "e", "l", "l", "o", "Anna"), "Hello Anna"))[0] == ("Hello", 0, 90)


def test_inserted_word_gets_the_gap():
    line = line_of("my", "Anna", gap=80)
    assert line.words[1].quad.bounds[0] == 100
    my, dear, anna = spans(corrected(line, "my dear Anna"))
    assert (my[1:], anna[1:]) == ((0, 20), (100, 140))
    assert 20 < dear[1] < 40 < 80 < dear[2] < 100


def test_inserted_word_without_a_gap_shares_the_quad_of_the_wider_neighbour():
    line = line_of("my", "XXXXXXXXX")
    wide = replace(line, words=(line.words[0], replace(line.words[1], text="Anna")), text="my Anna")
    my, dear, anna = spans(corrected(wide, "my dear Anna"))
    assert (my[1:], dear[1], anna[2]) == ((0, 20), 30, 120)
    assert 60 < dear[2] < anna[1] < 85


def test_removed_word_leaves_the_others():
    assert spans(corrected(line_of("my", "my", "dear"), "my dear")) == [("my", 0, 20), ("dear", 60, 100)]


def test_right_to_left_words_are_split_from_the_right():
    word = Word("שלוםעולם", Quad.from_box(0, 0, 80, 20))
    first, second = corrected(Line(word.text, word.quad, (word,)), "שלום עולם").words
    assert first.quad.bounds[0] > second.quad.bounds[2]
    assert first.quad.bounds[2] == 80


def test_words_that_run_downwards_are_split_downwards():
    upper, lower = (
        Word(text, Quad.from_box(0, y, 20, y + 60)) for text, y in (("認識世", 0), ("界手書", 60))
    )
    line = Line("認識世界手書", Quad.from_box(0, 0, 20, 120), (upper, lower))
    assert [word.quad for word in corrected(line, "認識世間手書").words] == [upper.quad, lower.quad]


def test_scripts_without_spaces_keep_their_words():
    line = line_of("認識", "世界", text="認識世界")
    assert spans(corrected(line, "認識世間")) == [("認識", 0, 20), ("世間", 30, 50)]
    edited = replace(line, words=(line.words[0], replace(line.words[1], text="世間")))
    assert agreed_line(edited, line).text == "認識世間"


def test_edits_of_text_and_of_words_are_combined():
    line = line_of("Stanferd", "et", "tend", "Ana")
    words = tuple(
        replace(word, text={"Stanferd": "Stanford", "Ana": "Anna"}.get(word.text, word.text))
        for word in line.words
    )
    both = agreed_line(replace(line, text="Stanford extend Ana", words=words), line)
    assert both.text == "Stanford extend Anna"
    assert spans(both) == [("Stanford", 0, 80), ("extend", 90, 160), ("Anna", 170, 200)]


def test_words_joined_by_removing_one_get_the_place_of_both():
    line = line_of("must", "et", "tend", "to")
    must, et, _, to = line.words
    joined = agreed_line(replace(line, words=(must, replace(et, text="extend"), to)), line)
    assert joined.text == "must extend to"
    assert spans(joined) == [("must", 0, 40), ("extend", 50, 120), ("to", 130, 150)]
    assert [word.corrected for word in joined.words] == [False, True, False]


def test_words_split_by_copying_one_share_its_place():
    line = line_of("whoknew", "Anna")
    joined, anna = line.words
    parts = (replace(joined, text="who"), replace(joined, text="knew"), anna)
    who, knew, last = spans(agreed_line(replace(line, words=parts), line))
    assert (who[1], knew[2], last) == (0, 70, ("Anna", 80, 120))
    assert 20 < who[2] < knew[1] < 40


def test_words_that_were_given_quads_of_their_own_keep_them():
    line = line_of("whoknew", "Anna")
    parts = (
        Word("who", Quad.from_box(0, 0, 25, 20), 0.7),
        Word("knew", Quad.from_box(35, 0, 70, 20), 0.7),
        line.words[1],
    )
    split = agreed_line(replace(line, words=parts), line)
    assert split.text == "who knew Anna"
    assert spans(split) == [("who", 0, 25), ("knew", 35, 70), ("Anna", 80, 120)]
    assert [(word.corrected, word.confidence) for word in split.words] == [
        (True, None),
        (True, None),
        (False, 0.7),
    ]


def test_corrected_words_and_lines_keep_their_outline_and_lose_what_is_about_the_old_text():
    words = line_of("letter", "read").words
    outline = ((0.0, 0.0), (9.0, 0.0), (9.0, 9.0))
    read = replace(words[1], polygon=outline, alternatives=(Alternative("reed", 0.2),), language="en")
    was = replace(
        line_of("letter", "read"), words=(words[0], read), confidence=0.8, alternatives=(Alternative("reed"),)
    )
    edited = replace(was, words=(words[0], replace(read, text="road")))
    line = agreed_line(edited, was)
    assert line.words[1] == Word("road", read.quad, corrected=True, polygon=outline, language="en")
    assert (line.text, line.confidence, line.alternatives) == ("letter road", None, ())
    assert agreed_line(was, was) == was


def test_edits_that_contradict_each_other_are_refused():
    line = line_of("dear", "Ana")
    words = (line.words[0], replace(line.words[1], text="Anna"))
    with pytest.raises(ValueError, match="says 'dear Ann', and its words say 'dear Anna'"):
        agreed_line(replace(line, text="dear Ann", words=words), line)


@given(st.lists(WORDS, min_size=1, max_size=6), st.lists(WORDS, max_size=6))
def test_any_text_gets_words_in_order_and_within_the_line(before, after):
    line = line_of(*before)
    assume(before != after)
    placed = corrected(line, " ".join(after))
    assert [word.text for word in placed.words] == after
    end = 0.0
    for _, start, stop in spans(placed):
        assert end <= start + 1 <= stop + 1 <= line.quad.width + 1
        end = stop


@given(st.lists(WORDS, min_size=2, max_size=6), st.data())
def test_a_space_removed_or_added_keeps_all_letters_on_their_ink(words, data):
    at = data.draw(st.integers(0, len(words) - 2))
    joined = [*words[:at], words[at] + words[at + 1], *words[at + 2 :]]
    for line, text in ((line_of(*words), joined), (line_of(*joined), words)):
        placed = spans(corrected(line, " ".join(text)))
        before = spans(line)
        assert placed[0][1] == before[0][1]
        assert placed[-1][2] == before[-1][2]
        assert placed[:at] == before[:at]
