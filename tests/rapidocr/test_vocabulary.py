"""A user's names and places in decoding."""

from __future__ import annotations

import codecs

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from penstock_plugins.recognizers.rapidocr import RapidOcr
from penstock_plugins.recognizers.rapidocr.decoding import LANGUAGE, decode
from penstock_plugins.recognizers.rapidocr.language_model import FOLDER, LanguageModel
from penstock_plugins.recognizers.rapidocr.languages import Languages
from penstock_plugins.recognizers.rapidocr.line_decoding import decoded
from penstock_plugins.recognizers.rapidocr.line_recognition import Reading, RecognizedStrip
from penstock_plugins.recognizers.rapidocr.models import STRIP_HEIGHT, greedy_text
from penstock_plugins.recognizers.rapidocr.posteriors import Posteriors
from penstock_plugins.recognizers.rapidocr.vocabulary import Vocabulary
from penstock_plugins.recognizers.rapidocr.vocabulary_file import read_vocabulary

LETTERS = "abcdefghijklmnopqrstuvwxyzàâäçéèêëîïôöûùüßłńøåñ"
CHARACTERS = (
    "",
    *dict.fromkeys(LETTERS + LETTERS.upper() + "0123456789.,;:!?'-()/&$"),
    " ",
)


@pytest.fixture(scope="module")
def english() -> LanguageModel:
    return LanguageModel(FOLDER / "en.npz")


def seen(text: str, truth: str, share: float = 0.3) -> Posteriors:
    """The network reads `text`, and gives the letters of `truth`, which is as long, a smaller probability."""
    steps = np.zeros((2 * len(text), len(CHARACTERS)), np.float32)
    for index, (read, meant) in enumerate(zip(text, truth, strict=True)):
        steps[2 * index, CHARACTERS.index(read)] = 0.97 if read == meant else 0.97 - share
        if read != meant:
            steps[2 * index, CHARACTERS.index(meant)] = share
    steps[:, 0] = 1 - steps.sum(axis=1)
    classes = np.argsort(-steps, axis=1, kind="stable")
    return Posteriors(classes, np.take_along_axis(steps, classes, axis=1), CHARACTERS, len(steps))


def line_of(found: Posteriors) -> RecognizedStrip:
    strip = np.full((STRIP_HEIGHT, 8 * len(found.classes), 3), 255, np.uint8)
    quad = np.array([[0, 0], [strip.shape[1], 0], [strip.shape[1], STRIP_HEIGHT], [0, STRIP_HEIGHT]], float)
    return RecognizedStrip(quad, greedy_text(found), strip, (Reading.of(found),))


NAMES = """
Adams
Bristow Adams
O\u2019Neill
Jean-Pierre
Łódź-Widzew
Zürich
Müßig
KRZYK
boissière
San Francisco
C. J. M. Quex
St. Lazare
"""


@pytest.mark.parametrize(
    ("read", "truth"),
    [
        ("bristou Adans", "Bristow Adams"),
        ("of Mr. O'Neitt.", "of Mr. O'Neill."),
        ("(Jeon-Pienne)", "(Jean-Pierre)"),
        ("in Zunich", "in Zürich"),
        ("Muhig", "Müßig"),
        ("Herr Krzyh", "Herr Krzyk"),
        ("Herr KRZVK", "Herr KRZYK"),
        ("rue Boissiene", "rue Boissière"),
        ("in san Fnanoisco", "in San Francisco"),
        ("BOISSIERE", "BOISSIÈRE"),
        ("C. J. M. Qnex", "C. J. M. Quex"),
        ("d'Adons", "d'Adams"),
    ],
)
@pytest.mark.parametrize("languages", [Languages(["en"]), Languages(["nl"])], ids=["model", "no model"])
def test_a_name_of_the_vocabulary_is_written(read, truth, languages):
    (line,) = decoded([line_of(seen(read, truth))], languages, Vocabulary(NAMES, LANGUAGE))
    assert line.strip.text == truth


@pytest.mark.parametrize("name", ["Quex", "QUEX", "quex"])
def test_case_counts_where_an_entry_has_it(english, name):
    vocabulary = Vocabulary(name, LANGUAGE)
    assert decode(seen("Mr Qnex", "Mr Quex", 0.1), english, "", vocabulary) == "Mr Quex"
    assert decode(seen("Mr Quex", "Mr quex", 0.1), english, "", vocabulary) == "Mr Quex"


def test_a_name_is_not_written_where_the_network_excludes_it(english):
    assert (
        decode(seen("the house", "the house"), english, "", Vocabulary("thy horse", LANGUAGE)) == "the house"
    )


def test_the_beginning_of_a_name_gains_nothing(english):
    """What the first letters of an entry gain is lost if the word ends otherwise."""
    plain = decode(seen("the same", "tha some"), english)
    assert (
        decode(seen("the same", "tha some"), english, "", Vocabulary("Somerset\nThackeray", LANGUAGE))
        == plain
    )


@pytest.mark.parametrize(
    "text", ["1905", "12.03.1905", "No. 4711-8", "$1,250.75", "R2D2", "3/4 & 5", "17th inst."]
)
@pytest.mark.parametrize("languages", [Languages(["en"]), Languages(["nl"])], ids=["model", "no model"])
def test_numbers_dates_and_codes_are_not_bent_into_names(text, languages):
    """Each character could also be the letter or digit of a name that looks like it."""
    truth = text.translate(str.maketrans("0123456789", "Olzeasbtbq"))
    names = Vocabulary(f"{truth}\n{truth.lower()}\n19OS\nR2O2\nlqoS", LANGUAGE)
    (line,) = decoded([line_of(seen(text, truth, 0.45))], languages, names)
    assert line.strip.text == text


@given(st.text(alphabet=".*+?^$()[]{}|\\ab\n -'", max_size=40))
def test_entries_are_plain_text(text):
    vocabulary = Vocabulary(text, LANGUAGE)
    for line in text.splitlines():
        entry = " ".join(line.split()).strip(" \t\"'.,;:!?()[]-_*")
        if any(map(str.isalpha, entry)) and entry[0].isalnum() and entry[-1].isalnum():
            assert vocabulary.gain(f"x {entry} x")
    assert not vocabulary.gain("cd")


@pytest.mark.parametrize(
    ("content", "remark"),
    [
        ("Zürich\nŁódź".encode(), ""),
        (codecs.BOM_UTF8 + "Zürich\nŁódź".encode(), ""),
        ("Zürich\r\nŁódź".encode("utf-16"), ""),
        (codecs.BOM_UTF16_BE + "Zürich\nŁódź".encode("utf-16-be"), ""),
        ("Zürich\nŁódź".encode("utf-32"), ""),
        ("Zürich\rBoissière".encode("cp1252"), "is not in UTF-8: it was read as Windows-1252"),
        (b"Z\xfcrich\n\x81", "is not in UTF-8: it was read as Windows-1252"),
    ],
)
def test_files_of_several_encodings_are_read(tmp_path, content, remark):
    path = tmp_path / "names.txt"
    path.write_bytes(content)
    found = read_vocabulary(path)
    assert Vocabulary(found.text, LANGUAGE).gain("in Zürich.")
    assert remark in found.remark
    assert bool(remark) == bool(found.remark)


@pytest.mark.parametrize(
    ("content", "complaint"),
    [
        (None, "there is no file"),
        (b"", "has no entry"),
        (b"\n \n1905\n--\n", "has no entry"),
        (b"PK\x03\x04\0\0names", "must be a text file"),
        (codecs.BOM_UTF8 + b"Z\xfcrich", "begins like UTF-8, but has another encoding"),
        ("Anna".encode("utf-16-le"), "must be a text file"),
    ],
)
def test_unusable_files_are_refused_before_the_run(tmp_path, content, complaint):
    path = tmp_path / "names.txt"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(ValueError, match=complaint):
        RapidOcr(vocabulary=path)
    with pytest.raises(ValueError, match="is a folder"):
        RapidOcr(vocabulary=tmp_path)


def test_the_cache_key_has_the_content_of_the_vocabulary(tmp_path):
    first, second = tmp_path / "a.txt", tmp_path / "b.txt"
    for path in (first, second):
        path.write_text("Quex")
    assert RapidOcr(vocabulary=first).cache_key() == RapidOcr(vocabulary=second).cache_key()
    assert RapidOcr(vocabulary=first).cache_key() != RapidOcr().cache_key()
    before = RapidOcr(vocabulary=first).cache_key()
    first.write_text("Quex\nHenry")
    assert RapidOcr(vocabulary=first).cache_key() != before


def test_a_large_vocabulary_favours_its_names():
    names = "\n".join(
        f"{a}{b}{c}{d}".title() for a in "bdfg" for b in LETTERS for c in "klm" for d in LETTERS
    )
    (line,) = decoded(
        [line_of(seen("Herr Quox", "Herr Quex"))], Languages(["de"]), Vocabulary(names + "\nQuex", LANGUAGE)
    )
    assert line.strip.text == "Herr Quex"
