"""Which language a page is read in."""

from __future__ import annotations

import gzip
import random
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from penstock_plugins.recognizers.rapidocr.language_model import FOLDER, IDS, LanguageModel, longer
from penstock_plugins.recognizers.rapidocr.languages import Languages, available

SCRIPT = Path(__file__).parents[2] / "training/build_language_models.py"

SENTENCES = {
    "cs": "Včera večer jsme seděli u kamen a matka nám vypravovala o svém mládí a o staré vsi",
    "de": "Gestern Abend saßen wir am Ofen, und die Mutter erzählte uns von ihrer Jugend im Dorf",
    "en": "Last night we sat by the stove, and mother told us of her youth in the old village",
    "es": "Anoche nos sentamos junto a la estufa y la madre nos habló de su juventud en el pueblo",
    "fr": "Hier soir nous étions assis près du poêle et la mère nous parlait de sa jeunesse au village",
    "it": "Ieri sera eravamo seduti accanto alla stufa e la madre ci parlava della sua giovinezza",
    "no": "I går aftes satt vi ved ovnen, og moren fortalte oss om sin ungdom i den gamle bygda",
    "pl": "Wczoraj wieczorem siedzieliśmy przy piecu, a matka opowiadała nam o swojej młodości",
    "pt": "Ontem à noite estávamos sentados junto ao fogão e a mãe falava-nos da sua mocidade",
    "sv": "I går kväll satt vi vid kaminen, och mor berättade för oss om sin ungdom i den gamla byn",
}


def misread(text: str, share: float) -> str:
    """The text with a share of its letters replaced, as a bad hand is read."""
    draw = random.Random(7)
    return "".join(
        draw.choice("aeinorstu") if each.isalpha() and draw.random() < share else each for each in text
    )


def name_of(languages: Languages, text: str, confidence: float = 0.8) -> str | None:
    model = languages.chosen(text, confidence)
    return next((name for name, each in languages._loaded().items() if each is model), None)


@pytest.fixture(scope="module")
def languages() -> Languages:
    return Languages()


def test_every_language_has_a_model():
    assert available() == tuple(sorted(SENTENCES))


@pytest.mark.parametrize("language", sorted(SENTENCES))
@pytest.mark.parametrize("share", [0.0, 0.1])
def test_the_language_of_a_page_is_found(languages, language, share):
    assert name_of(languages, misread(SENTENCES[language], share)) == language


@pytest.mark.parametrize(
    ("text", "confidence"),
    [
        ("", 0.0),
        ("by hand", 0.9),
        ("4711-B 1234 56.78 99/100 1905 INV-2024-001 7:30 +49 221 1234", 0.8),
        ("3apabctbyu goporou gpyr nuuuy te6e nucbmo us Mockbbi rge mbi Tenepb kubem", 0.8),
    ],
)
def test_no_model_is_used_for_what_is_no_text(languages, text, confidence):
    assert languages.chosen(text, confidence) is None


@pytest.mark.parametrize(("share", "confidence"), [(0.0, 0.97), (0.1, 0.88)])
@pytest.mark.parametrize(
    "text",
    [
        "Tegnap este a kályha mellett ültünk, és anyánk a fiatalságáról mesélt nekünk",
        "Kaikki ihmiset syntyvät vapaina ja tasavertaisina arvoltaan ja oikeuksiltaan",
        "Gisteren avond zaten wij bij de kachel en moeder vertelde ons over haar jeugd",
        "Amsterdam, 12 maart. Waarde vriend, gisteren ben ik aangekomen en heb uw broer gezien",
        "Ik hoop dat je deze zomer nog eens bij ons komt logeren, de kinderen vragen naar je",
        "In nomine domini amen. Anno a nativitate eiusdem millesimo quadringentesimo",
        "Draga mama, am primit scrisoarea ta si suntem cu totii bine acasa",
        "Liewe moeder, ek het jou brief ontvang en dit gaan goed met ons almal hier",
    ],
)
def test_no_model_is_used_for_other_languages(languages, text, share, confidence):
    assert languages.chosen(misread(text, share), confidence) is None


@pytest.mark.parametrize(
    ("text", "language"),
    [
        (
            (
                "A Vergennes dememan A Boiieia ris Sonme d ainguant mill A Miss Mary Carden demeanl "
                "la tomme d cing mille franes A Mousiem Alphous Sebry demeam au Chatean a Boudy "
                "Poisel (Somme) la Jo mme de cing mill francs Chauffem a Mousiene le lomt"
            ),
            "fr",
        ),
        ("Iphall he preeent at thifaneral af M Manfird at the linuuty on March", "en"),
    ],
)
def test_the_language_of_badly_read_cursive_is_found(languages, text, language):
    """As the network reads two pages, without a model."""
    assert name_of(languages, text, 0.8) == language


def test_a_named_language_with_a_model_is_used_in_any_case():
    assert name_of(Languages(["de-AT"]), "by hand") == "de"
    assert name_of(Languages(["nb"]), "") == "no"
    assert name_of(Languages(["en", "fr"]), SENTENCES["fr"]) == "fr"
    assert Languages(["nl"]).chosen(SENTENCES["en"], 0.8) is None


@pytest.mark.parametrize(
    ("tags", "text"),
    [
        (["nl", "en"], "Lieve moeder, ik heb uw brief ontvangen en het gaat goed met ons allen"),
        (["zh", "en"], "\u8a8d\u8b58\u4e16\u754c\u624b\u66f8\u304d" * 5),
        (["vi", "en"], "Con trai yêu dấu, mẹ đã nhận được thư của con"),
    ],
)
def test_a_named_language_without_a_model_is_not_decoded_as_another(tags, text):
    named = Languages(tags)
    assert named.chosen(text, 0.7) is None
    assert name_of(named, SENTENCES["en"]) == "en"


@pytest.mark.parametrize("language", ["de", "en", "fr"])
def test_a_line_may_be_in_another_one_of_the_named_languages(language):
    named = Languages(["en", "fr", "de"])
    for page in named._loaded().values():
        assert named.of_line(misread(SENTENCES[language], 0.1), page) is named._loaded()[language]
        assert named.of_line("Rom 1914", page) is page


@pytest.mark.parametrize("tags", [[], ["en"], ["en", "nl"]])
def test_lines_have_the_language_of_their_page_unless_several_are_named(tags):
    languages = Languages(tags)
    page = languages._loaded()["en"]
    assert languages.of_line(SENTENCES["fr"], page) is page


def test_a_language_that_is_not_named_is_not_used():
    assert Languages(["nl", "en"]).chosen(SENTENCES["fr"], 0.8) is None


def cut(model: bytes) -> bytes:
    return model[:50_000]


def changed(model: bytes) -> bytes:
    return model[:5000] + bytes(100) + model[5100:]


@pytest.mark.parametrize("damage", [cut, changed, lambda _: b"no model", lambda _: b""])
def test_a_damaged_model_is_left_out(tmp_path, damage):
    (tmp_path / "en.npz").write_bytes(damage((FOLDER / "en.npz").read_bytes()))
    assert Languages(folder=tmp_path).chosen(SENTENCES["en"], 0.8) is None
    assert Languages(["en"], tmp_path).chosen(SENTENCES["en"], 0.8) is None


def test_without_models_no_language_is_chosen(tmp_path):
    assert Languages(folder=tmp_path / "none").chosen(SENTENCES["en"], 0.8) is None


def test_probabilities_after_any_history_add_up_to_one():
    model = LanguageModel(FOLDER / "fr.npz")
    history = 0
    for character in " l'été \u4e2a 1905":
        assert model.probabilities(history).min() > 0
        assert pytest.approx(1, abs=1e-4) == float(model.probabilities(history).sum())
        history = longer(history, IDS.get(character, 0))


def test_the_fit_of_a_text_is_the_mean_of_its_characters():
    model = LanguageModel(FOLDER / "fr.npz")
    history, found, text = (
        longer(0, IDS[" "]),
        [],
        "l'\u4e2a \u4e2a\u4e2a\u4e2a\u4e2a\u4e2a\u4e2a\u4e2a été\u4e2ade 1905",
    )
    for character in text:
        found.append(np.log(model.probabilities(history)[IDS.get(character, 0)]))
        history = longer(history, IDS.get(character, 0))
    assert model.fit(text) == pytest.approx(np.mean(found), rel=1e-5)
    assert model.fit("") == 0


def test_models_are_built_from_text(tmp_path):
    text = "the quick brown fox jumps over the lazy dog\n" * 20
    (tmp_path / "en.txt.gz").write_bytes(gzip.compress(text.encode()))
    command = [
        sys.executable,
        str(SCRIPT),
        str(tmp_path),
        "--languages",
        "en",
        "--out",
        str(tmp_path / "out"),
    ]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    assert done.stdout.startswith("en: ")
    model = LanguageModel(tmp_path / "out/en.npz")
    assert model.knows("Quick")
    assert not model.knows("slow")
    history = 0
    for character in " qu":
        history = longer(history, IDS[character])
    assert int(model.probabilities(history).argmax()) == IDS["i"]
