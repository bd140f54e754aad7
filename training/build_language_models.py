"""Build the character language models of the `rapidocr` recognizer from text.

    python training/build_language_models.py TEXT_FOLDER [--lines LINES_FOLDER] [--languages en fr]

TEXT_FOLDER holds one ``en.txt.gz`` a language, a paragraph a line. LINES_FOLDER, which is optional, holds zip
files of transcribed lines of handwriting (``lines.tsv``: file, text, page), as letters and registers have
them. Nothing of the texts is kept but counts. The model card, `MODELS.md` beside the models, names the
sources.
"""

from __future__ import annotations

import argparse
import gzip
import random
import re
import zipfile
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from penstock_plugins.recognizers.rapidocr.language_model import FOLDER, ORDER, encoded, normalized, pack

SEED = 1
MIN_COUNTS = {5: 4, 6: 4, 4: 2}
"""Least count of an n-gram by its order. Rarer ones are left out; 1 for other orders."""
MIN_WORD_COUNT = 3
LINES_OF = {
    "en": ("inkbench",),
    "de": ("fondue-de-18",),
    "fr": (
        "copiste",
        "cremma-19",
        "cremma-20",
        "fondue-fr-19",
        "mariages",
        "peraire",
        "repertoires",
        "tables-decennales",
        "timeus",
    ),
}
"""Sets of transcribed lines by language. Older French is left out: its spelling is another language's."""
LINES_WEIGHT = 3
"""How often transcribed lines are counted: they are few, and of the kind that is read."""
FORMULAS = 12_000
"""Dates, addresses, amounts and salutations that are drawn for each language."""

MONTHS = {
    "en": "January February March April May June July August September October November December",
    "de": "Januar Februar März April Mai Juni Juli August September Oktober November Dezember",
    "fr": "janvier février mars avril mai juin juillet août septembre octobre novembre décembre",
    "es": "enero febrero marzo abril mayo junio julio agosto septiembre octubre noviembre diciembre",
    "it": "gennaio febbraio marzo aprile maggio giugno luglio agosto settembre ottobre novembre dicembre",
    "pt": "janeiro fevereiro março abril maio junho julho agosto setembro outubro novembro dezembro",
    "pl": "stycznia lutego marca kwietnia maja czerwca lipca sierpnia września października listopada grudnia",
    "cs": "ledna února března dubna května června července srpna září října listopadu prosince",
    "sv": "januari februari mars april maj juni juli augusti september oktober november december",
    "no": "januar februar mars april mai juni juli august september oktober november desember",
}
DATES = {
    "en": ("{month} {day}, {year}", "{day} {month} {year}", "{month} {day}th {year}", "{day}th {month}"),
    "de": ("den {day}. {month} {year}", "am {day}. {month} {year}"),
    "fr": ("le {day} {month} {year}", "{day} {month} {year}", "ce {day} {month} {year}"),
    "es": ("{day} de {month} de {year}", "a {day} de {month} de {year}"),
    "it": ("{day} {month} {year}", "il {day} {month} {year}"),
    "pt": ("{day} de {month} de {year}", "aos {day} de {month} de {year}"),
    "pl": ("dnia {day} {month} {year} r.", "{day} {month} {year}"),
    "cs": ("dne {day}. {month} {year}", "{day}. {month} {year}"),
    "sv": ("den {day} {month} {year}", "{day} {month} {year}"),
    "no": ("den {day}. {month} {year}", "{day}. {month} {year}"),
}
LETTERS = {
    "en": ("Dear {name},", "My dear {name}", "Dear Mr. {name}", "Dear Mrs. {name},", "Yours truly, {name}",
           "Very truly yours,", "Your affectionate friend {name}", "Yours sincerely", "{number} {name} Street",
           "To {name}", "${number}.{cents}", "{number} acres of land", "Mrs. {name} and Miss {name}"),
    "de": ("Lieber {name}!", "Liebe {name}!", "Sehr geehrter Herr {name}", "Mit herzlichen Grüßen",
           "Dein {name}", "Deine {name}", "Herrn {name}", "{number} Mark", "{name}straße {number}"),
    "fr": ("Cher {name},", "Ma chère {name},", "Monsieur {name}", "Madame {name}", "Mon cher ami,",
           "Veuillez agréer, Monsieur, ", "Votre dévoué {name}", "{number} francs", "{number} rue {name}",
           "né le", "marié à", "demeurant à {name}", "fils de {name} et de {name}"),
    "es": ("Querido {name}:", "Estimado señor {name}:", "Señora {name}", "Su afectísimo {name}",
           "{number} pesetas", "calle {name} {number}", "hijo de {name} y de {name}"),
    "it": ("Caro {name},", "Cara {name},", "Gentile Signor {name}", "Tuo {name}", "{number} lire",
           "via {name} {number}", "figlio di {name}"),
    "pt": ("Querido {name},", "Meu caro {name},", "Ilustríssimo Senhor {name}", "{number} réis",
           "rua {name} {number}", "filho de {name} e de {name}"),
    "pl": ("Kochany {name}!", "Szanowny Panie {name}!", "Pani {name}", "{number} złotych", "ulica {name} {number}",
           "syn {name}"),
    "cs": ("Milý {name}!", "Vážený pane {name}!", "paní {name}", "{number} zlatých", "syn {name}"),
    "sv": ("Kära {name}!", "Bäste {name}!", "Herr {name}", "Fru {name}", "{number} kronor", "son till {name}"),
    "no": ("Kjære {name}!", "Hr. {name}", "Fru {name}", "{number} kroner", "sønn av {name}"),
}  # fmt: skip


def main() -> None:
    """Build the models that the command line names."""
    parser = argparse.ArgumentParser(description="Build character language models.")
    parser.add_argument("texts", type=Path)
    parser.add_argument("--lines", type=Path)
    parser.add_argument("--out", type=Path, default=FOLDER)
    parser.add_argument("--languages", nargs="+", default=sorted(MONTHS))
    options = parser.parse_args()
    options.out.mkdir(parents=True, exist_ok=True)
    for language in options.languages:
        build(language, options.texts, options.lines, options.out)


def build(language: str, texts: Path, lines: Path | None, out: Path) -> None:
    """Count one language, write its model, and print what it is made of."""
    with gzip.open(texts / f"{language}.txt.gz", "rt", encoding="utf-8") as file:
        novels = normalized(file.read())
    transcribed = [*transcriptions(language, lines)] * LINES_WEIGHT if lines else []
    formulas = [*drawn(language, names_of(novels))]
    text = " ".join([novels, *transcribed, *formulas])
    file_name = out / f"{language}.npz"
    pack(file_name, counted(text), words_of(text))
    print(f"{language}: {len(text):,} characters, {file_name.stat().st_size / 1e6:.2f} MB")


def transcriptions(language: str, lines: Path) -> Iterator[str]:
    """Yield the transcribed lines of a language."""
    for name in LINES_OF.get(language, ()):
        with zipfile.ZipFile(lines / f"{name}.zip") as archive:
            for row in archive.read("lines.tsv").decode("utf-8").splitlines():
                yield normalized(row.split("\t")[1])


def names_of(text: str) -> list[str]:
    """Return the words that stand capitalized within sentences, the most frequent ones first."""
    capitalized = Counter(re.findall(r"(?<=[a-zà-ž,] )[A-ZÀ-Ž][a-zà-ž]{2,}", text))
    lower = Counter(re.findall(r"\b[a-zà-ž]{3,}", text))
    names = [name for name, count in capitalized.most_common(3000) if lower[name.lower()] < count]
    return names or ["Anna"]


def drawn(language: str, names: list[str]) -> Iterator[str]:
    """Yield random dates, addresses, amounts and salutations."""
    draw = random.Random(SEED)
    months = MONTHS[language].split()
    for _ in range(FORMULAS):
        yield draw.choice(DATES[language] + LETTERS[language]).format(
            month=draw.choice(months),
            day=draw.randint(1, 31),
            year=draw.randint(1750, 2030),
            number=draw.choice((draw.randint(1, 99), draw.randint(100, 9999))),
            cents=f"{draw.randint(0, 99):02d}",
            name=names[int(len(names) * draw.random() ** 2)],
        )


def counted(text: str) -> list[tuple[NDArray[np.uint64], NDArray[np.int64]]]:
    """Return the n-grams of each order from 1 on, as sorted keys and their counts."""
    characters = encoded(text)
    tables = []
    keys = np.zeros(len(characters), np.uint64)
    for order in range(1, ORDER + 1):
        end = len(characters) - order + 1
        keys = (keys[:end] << np.uint64(9)) | characters[order - 1 :]
        found, counts = np.unique(keys, return_counts=True)
        kept = counts >= MIN_COUNTS.get(order, 1)
        tables.append((found[kept], counts[kept]))
    return tables


def words_of(text: str) -> list[str]:
    """Return the words that are seen often enough, in lower case."""
    words = Counter(word.lower() for word in re.findall(r"[^\W\d_]+(?:'[^\W\d_]+)?", text))
    return [word for word, count in words.items() if count >= MIN_WORD_COUNT]


if __name__ == "__main__":
    main()
