"""The terms of PAGE XML for regions, directions and languages."""

from __future__ import annotations

from penstock.model import TextDirection
from penstock.transcriptions.languages import language_tag

TEXT_TYPES = frozenset(
    {
        "paragraph", "heading", "caption", "header", "footer", "page-number", "drop-capital", "credit",
        "floating", "signature-mark", "catch-word", "marginalia", "footnote", "footnote-continued",
        "endnote", "TOC-entry", "list-label", "other",
    }
)  # fmt: skip
"""Values of the attribute ``type`` of a text region."""
REGIONS_WITHOUT_TEXT = {
    "image": "ImageRegion",
    "line-drawing": "LineDrawingRegion",
    "graphic": "GraphicRegion",
    "table": "TableRegion",
    "chart": "ChartRegion",
    "map": "MapRegion",
    "separator": "SeparatorRegion",
    "maths": "MathsRegion",
    "chem": "ChemRegion",
    "music": "MusicRegion",
    "advert": "AdvertRegion",
    "noise": "NoiseRegion",
    "unknown": "UnknownRegion",
    "custom": "CustomRegion",
}
"""Elements for kinds of regions that have no lines."""
DIRECTIONS: dict[TextDirection, str] = {
    "ltr": "left-to-right",
    "rtl": "right-to-left",
    "ttb": "top-to-bottom",
    "btt": "bottom-to-top",
}
CORRECTED = "corrected by hand"
"""The attribute ``comments`` of the text of a word that was corrected by hand."""
_LANGUAGES = """
ab Abkhaz, aa Afar, af Afrikaans, ak Akan, sq Albanian, am Amharic, ar Arabic, an Aragonese, hy Armenian,
as Assamese, av Avaric, ae Avestan, ay Aymara, az Azerbaijani, bm Bambara, ba Bashkir, eu Basque,
be Belarusian, bn Bengali, bh Bihari, bi Bislama, bs Bosnian, br Breton, bg Bulgarian, my Burmese,
km Khmer, yue Cantonese, ca Catalan, ch Chamorro, ce Chechen, ny Chichewa, zh Chinese, cv Chuvash,
kw Cornish, co Corsican, cr Cree, hr Croatian, cs Czech, da Danish, dv Divehi, nl Dutch, dz Dzongkha,
en English, eo Esperanto, et Estonian, ee Ewe, fo Faroese, fj Fijian, fi Finnish, fr French, ff Fula,
gd Gaelic, gl Galician, lg Ganda, ka Georgian, de German, el Greek, gn Guaraní, gu Gujarati, ht Haitian,
ha Hausa, he Hebrew, hz Herero, hi Hindi, ho Hiri Motu, hu Hungarian, is Icelandic, io Ido, ig Igbo,
id Indonesian, ia Interlingua, ie Interlingue, iu Inuktitut, ik Inupiaq, ga Irish, it Italian, ja Japanese,
jv Javanese, kl Kalaallisut, kn Kannada, kr Kanuri, ks Kashmiri, kk Kazakh, ki Kikuyu, rw Kinyarwanda,
rn Kirundi, kv Komi, kg Kongo, ko Korean, ku Kurdish, kj Kwanyama, ky Kyrgyz, lo Lao, la Latin, lv Latvian,
li Limburgish, ln Lingala, lt Lithuanian, lu Luba-Katanga, lb Luxembourgish, mk Macedonian, mg Malagasy,
ms Malay, ml Malayalam, mt Maltese, gv Manx, mi Māori, mr Marathi, mh Marshallese, mn Mongolian, na Nauru,
nv Navajo, ng Ndonga, ne Nepali, nd North Ndebele, se Northern Sami, no Norwegian, nb Norwegian Bokmål,
nn Norwegian Nynorsk, ii Nuosu, oc Occitan, oj Ojibwe, cu Old Church Slavonic, or Oriya, om Oromo,
os Ossetian, pi Pāli, pa Panjabi, ps Pashto, fa Persian, pl Polish, pt Portuguese, qu Quechua, ro Romanian,
rm Romansh, ru Russian, sm Samoan, sg Sango, sa Sanskrit, sc Sardinian, sr Serbian, sn Shona, sd Sindhi,
si Sinhala, sk Slovak, sl Slovene, so Somali, nr South Ndebele, st Southern Sotho, es Spanish, su Sundanese,
sw Swahili, ss Swati, sv Swedish, tl Tagalog, ty Tahitian, tg Tajik, ta Tamil, tt Tatar, te Telugu, th Thai,
bo Tibetan, ti Tigrinya, to Tonga, ts Tsonga, tn Tswana, tr Turkish, tk Turkmen, tw Twi, ug Uighur,
uk Ukrainian, ur Urdu, uz Uzbek, ve Venda, vi Vietnamese, vo Volapük, wa Walloon, cy Welsh,
fy Western Frisian, wo Wolof, xh Xhosa, yi Yiddish, yo Yoruba, za Zhuang, zu Zulu
"""
LANGUAGES: dict[str, str] = dict(each.strip().split(" ", 1) for each in _LANGUAGES.split(","))
"""PAGE's name of each language, by its primary tag."""


def language_name(tag: str | None) -> str | None:
    """Return PAGE's name of the language with a BCP 47 tag; None if PAGE has no name for it."""
    return LANGUAGES.get(tag.lower().replace("_", "-").partition("-")[0]) if tag else None


_OTHER_NAMES = {"khmer": "km", "punjabi": "pa", "old german": "de", "old english": "ang"}
_TAGS = {name.casefold(): tag for tag, name in LANGUAGES.items()} | _OTHER_NAMES


def tag_of_language(name: str | None) -> str | None:
    """Return the BCP 47 tag of a language by PAGE's name or by a code (``deu``); None if unknown."""
    return _TAGS.get((name or "").strip().casefold()) or language_tag(name)
