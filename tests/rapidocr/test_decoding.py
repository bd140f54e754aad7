"""Decoding doubtful words with a language model."""

from __future__ import annotations

import cv2
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image, ImageDraw, ImageFilter, ImageFont

from penstock_plugins.recognizers.rapidocr.decoding import LANGUAGE, align, decode
from penstock_plugins.recognizers.rapidocr.language_model import FOLDER, LanguageModel
from penstock_plugins.recognizers.rapidocr.languages import Languages
from penstock_plugins.recognizers.rapidocr.line_decoding import decoded
from penstock_plugins.recognizers.rapidocr.line_recognition import Reading, RecognizedStrip
from penstock_plugins.recognizers.rapidocr.models import STRIP_HEIGHT, Models, Pixels, greedy_text
from penstock_plugins.recognizers.rapidocr.posteriors import Posteriors
from penstock_plugins.recognizers.rapidocr.vocabulary import Vocabulary

CHARACTERS = ("", *"abcdefghijklmnopqrstuvwxyzADIS0123456789.-\u4e16\u754c\u03b1\u03b2", " ")

CODES = (
    "No. 4711-B", "12.03.1905", "March 14, 1923", "$1,250.75", "£12 6s. 4d.", "Tel. 0221 4567", "H2SO4",
    "ISBN 0-306-40615-2", "QX 7734 KL", "Inv. 2024/0017", "5 x 12 = 60", "Room 12b", "B-52", "R2D2", "pH 7.4",
    "1 250,75 M.", "fr. 12.50", "Mk 3,50", "A.F.W. Schmidt", "Jersey City, N.J.", "MCMXIV", "14/18",
    "IV. Bd., S. 212", "B.G.B.",
    "CH-8001", "08:45 - 17:30", "17th inst.", "Lot 3, Sec. 12, T. 4 N.", "ZYGMUNT KRZYK", "fo. 12v",
)  # fmt: skip


@pytest.fixture(scope="module")
def english() -> LanguageModel:
    return LanguageModel(FOLDER / "en.npz")


@pytest.fixture(scope="module")
def models() -> Models:
    return Models()


def posteriors(*steps: dict[str, float]) -> Posteriors:
    """The probabilities of some characters at each step; the rest is blank."""
    table = np.zeros((len(steps), len(CHARACTERS)), np.float32)
    for row, step in zip(table, steps, strict=True):
        for character, probability in step.items():
            row[CHARACTERS.index(character)] = probability
        row[0] = max(0.0, 1 - row.sum())
    classes = np.argsort(-table, axis=1, kind="stable")
    return Posteriors(classes, np.take_along_axis(table, classes, axis=1), CHARACTERS, len(steps))


def spelled(text: str, *doubts: tuple[int, str, float]) -> Posteriors:
    """A text, a blank after each character; `doubts` give index, character and probability of rivals."""
    steps: list[dict[str, float]] = []
    for index, character in enumerate(text):
        rivals = {rival: probability for place, rival, probability in doubts if place == index}
        steps += [{character: 0.98 - sum(rivals.values())} | rivals, {}]
    return posteriors(*steps)


@pytest.mark.parametrize(
    ("read", "doubts", "right"),
    [
        ("funcral", [(3, "e", 0.4)], "funeral"),
        ("tbe house", [(1, "h", 0.3)], "the house"),
        ("thefuneral of", [(3, " ", 0.001)], "thefuneral of"),
        ("prcscnt at", [(2, "e", 0.35), (4, "e", 0.35)], "present at"),
    ],
)
def test_a_doubtful_word_becomes_a_likely_one(english, read, doubts, right):
    found = spelled(read, *doubts)
    assert found.greedy[0] == read
    assert decode(found, english) == right


def test_what_the_network_excludes_is_not_written(english):
    """The model may choose between letters, and never adds one that the network does not see."""
    assert decode(spelled("funcral"), english) == "funcral"


def test_the_text_before_counts(english):
    # After "of", "me" is likelier than "mo"; the two letters are as likely for the network.
    found = posteriors({"m": 0.98}, {}, {"e": 0.48, "o": 0.5}, {})
    assert decode(found, english, before="some of") == "me"


@given(st.text(alphabet="abcehmnotu ", min_size=1, max_size=30).map(" ".join))
def test_aligning_the_greedy_text_gives_its_own_steps(text):
    found = spelled(text)
    read, steps, confidences = found.greedy
    assert align(found, read) == (steps.tolist(), pytest.approx(confidences.tolist()))


def test_letters_that_follow_each_other_twice_are_aligned_apart():
    steps, _ = align(posteriors({"l": 0.9}, {"l": 0.2}, {"l": 0.9}), "ll")
    assert steps == [0, 2]


def drawn(text: str) -> Pixels:
    """A strip with small, blurred, noisy print: about half of its words are doubtful."""
    font = ImageFont.load_default(16)
    picture = Image.new("L", (int(font.getlength(text)) + 20, 24), 235)
    ImageDraw.Draw(picture).text((10, 2), text, fill=40, font=font)
    noise = np.random.default_rng(1).normal(0, 30, (picture.height, picture.width))
    gray = (np.asarray(picture.filter(ImageFilter.GaussianBlur(1.0))) + noise).clip(0, 255).astype(np.uint8)
    size = (picture.width * STRIP_HEIGHT // picture.height, STRIP_HEIGHT)
    return np.asarray(cv2.cvtColor(cv2.resize(gray, size), cv2.COLOR_GRAY2BGR), np.uint8)


def recognized(models: Models, strip: Pixels) -> RecognizedStrip:
    found = models.posteriors(strip)
    quad = np.array([[0, 0], [strip.shape[1], 0], [strip.shape[1], STRIP_HEIGHT], [0, STRIP_HEIGHT]], float)
    return RecognizedStrip(quad, greedy_text(found), strip, (Reading.of(found),))


@pytest.fixture(scope="module")
def codes(models) -> list[RecognizedStrip]:
    return [recognized(models, drawn(text)) for text in CODES]


@pytest.mark.parametrize("vocabulary", [None, Vocabulary("Quex\nNo Bl\nLol\nSchmied\nJersay Citn", LANGUAGE)])
@pytest.mark.parametrize("language", ["en", "fr", "de"])
def test_numbers_codes_and_capitals_are_not_bent_into_words(codes, language, vocabulary):
    doubtful = sum(any(word.confidence < 0.9 for word in strip.strip.words()) for strip in codes)
    assert doubtful > len(CODES) / 3, "the test needs text that is hard to read"
    after = decoded(codes, Languages([language]), vocabulary)
    for text, plain, better in zip(CODES, codes, after, strict=True):
        kept = {
            word.text
            for word in plain.strip.words()
            if any(map(str.isdigit, word.text)) or (len(word.text) > 1 and word.text.isupper())
        }
        assert kept <= {word.text for word in better.strip.words()}, text


@pytest.mark.parametrize("tags", [[], ["en", "fr", "de"]])
def test_a_page_in_three_languages_loses_no_certain_word(tags):
    lines = (
        spelled("the funcral of our dear mother", (7, "e", 0.4)),
        spelled("le pere de la famjlle est parti", (16, "i", 0.4)),
        spelled("der vater und die muttcr sind da", (23, "e", 0.4)),
    )
    read = [line_of(found) for found in lines]
    for plain, better in zip(read, decoded(read, Languages(tags)), strict=True):
        certain = [word.text for word in plain.strip.words() if word.confidence > 0.97]
        assert [word.text for word in better.strip.words() if word.text in certain] == certain


def line_of(found: Posteriors) -> RecognizedStrip:
    """A line that the network read so, without a picture."""
    strip = np.full((STRIP_HEIGHT, 8 * len(found.classes), 3), 255, np.uint8)
    quad = np.array([[0, 0], [strip.shape[1], 0], [strip.shape[1], STRIP_HEIGHT], [0, STRIP_HEIGHT]], float)
    return RecognizedStrip(quad, greedy_text(found), strip, (Reading.of(found),))


@pytest.mark.parametrize("foreign", ["\u4e16\u754c", "\u03b1\u03b2", "\u754c"])
def test_words_in_scripts_without_a_model_stay(foreign):
    text = f"the {foreign} funcral of"
    steps = [
        each
        for character in text
        for each in ({character: 0.7} | ({"e": 0.28} if character == "c" else {}), {})
    ]
    (line,) = decoded([line_of(posteriors(*steps))], Languages(["en"]))
    assert line.strip.text == f"the {foreign} funeral of"


def test_a_space_that_the_network_omitted_is_kept_by_decoding():
    before, after = ([each for letter in word for each in ({letter: 0.89}, {})] for word in ("the", "house"))
    plain = line_of(posteriors(*before, *[{}] * 12, *after))
    assert plain.strip.text == "the house"
    (line,) = decoded([plain], Languages(["en"]))
    assert line.strip.text == "the house"


def test_places_of_decoded_letters_stay_in_order_and_on_the_strip(models):
    (strip,) = decoded([recognized(models, drawn("the funeral of Mrs Stanford"))], Languages(["en"]))
    text = strip.strip
    assert len(text.text) == len(text.positions) == len(text.confidences)
    assert list(text.positions) == sorted(text.positions)
    assert 0 <= text.positions[0] <= text.positions[-1] <= 1


def test_the_network_is_read_as_rapidocr_reads_it(models):
    strip = drawn("I shall be present at the funeral")
    output = models._engine(strip, use_det=False, use_cls=False, use_rec=True)
    assert models.recognize(strip).text.replace(" ", "") == output.txts[0].replace(" ", "")
