"""The second network, which was trained on handwriting: when it reads, and what is used of it."""

from __future__ import annotations

import zipfile
from collections import Counter
from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
import pytest
from PIL import Image

from penstock.images import find_pages
from penstock.model import Recognition
from penstock_plugins.recognizers.rapidocr import RapidOcr, handwriting_model
from penstock_plugins.recognizers.rapidocr.languages import Languages
from penstock_plugins.recognizers.rapidocr.line_recognition import Reading, RecognizedStrip
from penstock_plugins.recognizers.rapidocr.models import Models, StripText
from penstock_plugins.recognizers.rapidocr.page_recognition import PageRecognizer
from penstock_plugins.recognizers.rapidocr.posteriors import Posteriors
from penstock_plugins.recognizers.rapidocr.second_network import is_latin
from penstock_plugins.recognizers.rapidocr.unfamiliar import (
    MANY_LINES,
    UNFAMILIAR,
    UNREAD,
    is_unfamiliar,
    less_confident,
)

LINES = Path(__file__).parents[1] / "data" / "hands" / "catt-letter.zip"
SIZE = {"working_size": 1600, "min_confidence": 0.5}


@pytest.fixture(scope="module")
def letter(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, str]:
    """A page made of eight real lines of cursive, and its text."""
    return written_letter(tmp_path_factory.mktemp("letter"), 8)


@pytest.fixture(scope="module")
def normal(letter: tuple[Path, str]) -> tuple[Recognition, int]:
    """What both networks read on the letter, and how often the second one was asked."""
    with pytest.MonkeyPatch.context() as patch:
        calls = counted_calls(patch)
        return recognized(letter[0], quality="normal"), calls[len(Models().handwriting.characters)]


def counted_calls(patch: pytest.MonkeyPatch) -> Counter[int]:
    """Count the calls of each network, by its number of characters."""
    calls = Counter[int]()
    read = Models().handwriting.read.__func__

    def counted(self, *arguments):
        calls[len(self.characters)] += 1
        return read(self, *arguments)

    patch.setattr("penstock_plugins.recognizers.rapidocr.posteriors.Network.read", counted)
    return calls


def written_letter(folder: Path, lines: int) -> tuple[Path, str]:
    with zipfile.ZipFile(LINES) as archive:
        rows = [row.split("\t") for row in archive.read("lines.tsv").decode().splitlines()[:lines]]
        pictures = [
            cv2.imdecode(np.frombuffer(archive.read(row[0]), np.uint8), cv2.IMREAD_GRAYSCALE) for row in rows
        ]
    paper = int(np.median(pictures[0]))
    page = np.full((40 + 70 * len(pictures), 80 + max(each.shape[1] for each in pictures)), paper, np.uint8)
    for number, picture in enumerate(pictures):
        top = 20 + 70 * number
        page[top : top + 48, 40 : 40 + picture.shape[1]] = picture
    path = folder / "letter.png"
    Image.fromarray(page).save(path)
    return path, " ".join(row[1] for row in rows)


def recognized(path: Path, **options: str) -> Recognition:
    (page,) = find_pages(path, path.name)
    return PageRecognizer(**SIZE, **options).recognize(page)


def found(truth: str, recognition: Recognition) -> int:
    return (Counter(truth.split()) & Counter(recognition.text.split())).total()


def test_cursive_is_read_better_with_the_second_network(letter, normal, monkeypatch) -> None:
    path, truth = letter
    both = found(truth, normal[0])
    monkeypatch.setattr(handwriting_model, "digest", lambda: "")
    alone = found(truth, recognized(path))
    assert both >= 0.75 * len(truth.split())
    assert both > alone


def test_every_line_is_read_by_both_networks_on_request(letter, normal, monkeypatch) -> None:
    calls = counted_calls(monkeypatch)
    lines = len(recognized(letter[0], quality="best").lines)
    often = calls[len(Models().handwriting.characters)]
    assert normal[1] <= often
    assert often >= lines


def text(content: str, confidence: float = 0.9) -> StripText:
    places = tuple(float(each) for each in range(len(content)))
    return StripText(content, places, (confidence,) * len(content))


def line(content: str, confidence: float) -> RecognizedStrip:
    nothing = Posteriors(np.zeros((1, 1), np.intp), np.ones((1, 1), np.float32), ("",), 1)
    strip = text(content, confidence)
    return RecognizedStrip(np.zeros((4, 2)), strip, None, (Reading(strip, nothing),))


def test_only_pages_in_latin_script_are_read_again() -> None:
    assert is_latin([text("Dear Sir"), text("你好")])
    assert not is_latin([text("\u0393\u03b5\u03b9\u03ac \u03bc\u03b1\u03c2"), text("a")])
    assert not is_latin([text("你好世界"), text("ok")])
    assert not is_latin([text("Dear Sir", confidence=0.5)]), "what is doubtful tells no script"


@pytest.mark.parametrize(
    ("content", "confidence", "unfamiliar"),
    [
        ("Buepa mbi Sbinu b zopoge u bugeiu mau mozo itogeu lozoga dbia xopoua", 0.87, True),  # Cyrillic
        ("\u039b4 \u039btcCI xuiL ca 4CGL x4 atx 4C4 uLId ILUU XC4 ULIU UIUU LLU XUX", 0.70, True),  # Hebrew
        ("Dün şehirdeydik ve orada çok insan gördük. Hava güzeldi, güneş parl\u0131yordu", 0.99, False),
        ("Yesterday we were in the city and saw many people there", 0.85, False),
        ("Heri in urbe fuimus et multos homines ibi vidimus", 0.9, False),
        ("我们昨天在城里看见了很多人天气很好太阳很亮可是风很冷", 0.85, False),
        ("xq zvk", 0.6, False),  # too short to tell
    ],
)
def test_pages_in_scripts_that_are_not_read_are_told_by_their_text(content, confidence, unfamiliar) -> None:
    assert is_unfamiliar([line(content, confidence)], Languages()) is unfamiliar


@pytest.mark.parametrize(
    ("second", "unfamiliar"),
    [
        ("grost sehen, welche umb das werckh könte kleiner, und subtiler gemacht werden", False),
        ("Buepa ub1 d61iu b ropoge u bugeiu mall uto20 itogeù Ioroga d6ia xopoua", True),
    ],
)
def test_pages_that_the_second_network_reads_are_familiar(second, unfamiliar) -> None:
    first = line("goos Mejo, eolso iemb Gas mochy bonhbloinoo, n ne Bbtilr goaint edinon, dis Iaran", 0.7)
    both = replace(first, readings=(*first.readings, *line(second, 0.8).readings))
    assert is_unfamiliar([first], Languages())
    assert is_unfamiliar([both], Languages()) is unfamiliar


def test_words_of_such_pages_have_a_low_confidence() -> None:
    assert max(less_confident(line("Buepa", 0.87)).strip.confidences) < 0.5


def test_a_page_whose_lines_are_all_noise_is_reported(tmp_path, monkeypatch) -> None:
    path, _ = written_letter(tmp_path, MANY_LINES)
    monkeypatch.setattr(Reading, "is_text", lambda *_: False)
    recognition = recognized(path)
    assert (recognition.lines, recognition.note) == ((), UNREAD)
    assert recognition.unread_lines >= MANY_LINES


def test_the_report_of_an_unfamiliar_page_says_so(tmp_path, monkeypatch) -> None:
    path, _ = written_letter(tmp_path, MANY_LINES)
    monkeypatch.setattr(
        "penstock_plugins.recognizers.rapidocr.page_recognition.is_unfamiliar", lambda *_: True
    )
    recognition = recognized(path)
    assert recognition.note == UNFAMILIAR
    assert recognition.lines


@pytest.mark.parametrize("damage", ["missing", "damaged", "no checksum"])
def test_a_file_that_is_not_the_released_one_is_not_used(tmp_path, damage) -> None:
    file = tmp_path / "handwriting.onnx"
    if damage != "missing":
        file.write_bytes(handwriting_model.FILE.read_bytes()[: 1000 if damage == "damaged" else None])
    if damage != "no checksum":
        released = handwriting_model.FILE.with_suffix(".sha256")
        file.with_suffix(".sha256").write_bytes(released.read_bytes())
    assert handwriting_model.digest(file) == ""


def test_the_released_file_is_used() -> None:
    assert len(handwriting_model.digest()) == 64


def test_without_the_file_pages_are_read_again_later_and_it_is_said(monkeypatch) -> None:
    whole = RapidOcr().cache_key()
    monkeypatch.setattr(handwriting_model, "digest", lambda: "")
    recognizer = RapidOcr()
    assert recognizer.cache_key() != whole
    assert recognizer.note() == handwriting_model.MISSING


def test_quality_is_part_of_the_cache_key() -> None:
    assert RapidOcr(quality="best").cache_key() != RapidOcr().cache_key()


def test_the_better_reading_of_a_line_is_kept_and_the_other_one_stays_for_the_language_model() -> None:
    def reading(content: str, probability: float) -> Reading:
        characters = ("", *sorted(set(content)))
        classes = np.array([[characters.index(each)] for each in content])
        probabilities = np.full(classes.shape, probability, np.float32)
        return Reading.of(Posteriors(classes, probabilities, characters, len(content)))

    unsure, sure = reading("abcd", 0.6), reading("abce", 0.9)
    strip = replace(line("abcd", 0.6), readings=(unsure, sure))
    assert strip.best is sure
