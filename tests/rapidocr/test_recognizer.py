"""The rapidocr recognizer through its hooks, with its models, on real pages."""

from __future__ import annotations

import difflib
import importlib
import importlib.metadata
import json
import queue
import subprocess
import sys
from collections import Counter
from collections.abc import Iterable, Iterator
from contextlib import closing
from pathlib import Path

import pytest
from PIL import Image, ImageDraw, ImageFont, ImageOps

from penstock.config import Configured
from penstock.errors import PictureError, StopRun
from penstock.images import find_pages
from penstock.model import Page, Recognition
from penstock.workers import Answer, LocalWorkers, recipe_of
from penstock_plugins.recognizers.rapidocr import RapidOcr, handwriting_model

DATA = Path(__file__).parents[1] / "data" / "azure"
SHARED = Path(__file__).parents[3] / "shared" / "scans"
needs_shared_scans = pytest.mark.skipif(not SHARED.is_dir(), reason="needs the shared scans")

TURNED_BACK = {
    1: None, 2: Image.Transpose.FLIP_LEFT_RIGHT, 3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM, 5: Image.Transpose.TRANSPOSE, 6: Image.Transpose.ROTATE_90,
    7: Image.Transpose.TRANSVERSE, 8: Image.Transpose.ROTATE_270,
}  # fmt: skip
"""For each EXIF orientation, how an upright picture must be transposed before it is stored."""


@pytest.fixture(scope="module")
def recognizer() -> Iterator[RapidOcr]:
    with RapidOcr() as recognizer:
        yield recognizer


def page_of(path: Path) -> Page:
    return next(iter(find_pages(path, path.name)))


def read(recognizer: RapidOcr, pages: Iterable[Page]) -> list[Recognition]:
    return [recognizer.read(page) for page in pages]


def read_file(recognizer: RapidOcr, path: Path) -> Recognition:
    return read(recognizer, [page_of(path)])[0]


def likeness(text: str, truth: str) -> float:
    return difflib.SequenceMatcher(None, text, truth, autojunk=False).ratio()


def words_of(recognition: Recognition) -> dict[str, tuple[float, float, float, float]]:
    return {word.text: word.quad.bounds for line in recognition.lines for word in line.words}


@pytest.fixture(scope="module")
def truth() -> str:
    answer = json.loads((DATA / "v3.0-eng.json").read_text())
    return "\n".join(line["text"] for line in answer["analyzeResult"]["readResults"][0]["lines"])


@pytest.fixture(scope="module")
def whiteboard(recognizer: RapidOcr) -> Recognition:
    return read_file(recognizer, DATA / "whiteboard.jpg")


@pytest.fixture(scope="module")
def upright(recognizer: RapidOcr) -> Recognition:
    return read_file(recognizer, DATA / "v3.0-eng.png")


def test_handwriting_has_words_confidences_and_an_angle(whiteboard: Recognition) -> None:
    recognition = whiteboard
    assert likeness(recognition.text, "You must be the change\nyou want to see in the world!") > 0.95
    words = [word for line in recognition.lines for word in line.words]
    assert " ".join(word.text for word in words) == recognition.text.replace("\n", " ")
    assert all(word.confidence is not None and 0.5 < word.confidence <= 1 for word in words)
    assert recognition.angle is not None
    assert abs(recognition.angle) < 10
    assert recognition.recognizer.startswith("rapidocr 3.")


def test_only_letters_of_the_named_languages_are_recognized() -> None:
    with RapidOcr(languages=("zh",)) as recognizer:
        recognition = read_file(recognizer, DATA / "whiteboard.jpg")
    assert not any(character.isascii() and character.isalpha() for character in recognition.text)


@needs_shared_scans
def test_an_arrow_is_not_a_chinese_character(recognizer: RapidOcr) -> None:
    assert read_file(recognizer, SHARED / "heic_paper_no_text.heic").text == ""


def test_words_are_where_another_service_found_them(upright: Recognition) -> None:
    answer = json.loads((DATA / "v3.0-eng.json").read_text())
    ours = words_of(upright)
    theirs = [word for line in answer["analyzeResult"]["readResults"][0]["lines"] for word in line["words"]]
    often = Counter(word["text"] for word in theirs)
    shares = []
    for word in theirs:
        if often[word["text"]] == 1 and word["text"] in ours:
            xs, ys = word["boundingBox"][::2], word["boundingBox"][1::2]
            shares.append(_overlap(ours[word["text"]], (min(xs), min(ys), max(xs), max(ys))))
    assert len(shares) > 20
    assert sum(share > 0.5 for share in shares) >= 0.9 * len(shares)


def _overlap(first: tuple[float, ...], second: tuple[float, ...]) -> float:
    """Return the intersection over the union."""
    width = min(first[2], second[2]) - max(first[0], second[0])
    height = min(first[3], second[3]) - max(first[1], second[1])
    shared = max(0.0, width) * max(0.0, height)
    areas = [(right - left) * (bottom - top) for left, top, right, bottom in (first, second)]
    return shared / (sum(areas) - shared)


@pytest.mark.parametrize(("name", "angle"), [("", 0), ("-90deg", -90), ("-180deg", 180), ("-270deg", 90)])
def test_sideways_page_is_recognized_like_an_upright_one(
    recognizer: RapidOcr, upright: Recognition, truth: str, name: str, angle: float
) -> None:
    page = page_of(DATA / f"v3.0-eng{name}.png")
    recognition = read(recognizer, [page])[0] if name else upright
    assert likeness(recognition.text, truth) > 0.98
    assert recognition.angle is not None
    assert abs((recognition.angle - angle + 180) % 360 - 180) < 3
    bounds = [word.quad.bounds for line in recognition.lines for word in line.words]
    assert min(left for left, *_ in bounds) >= 0
    assert max(right for _, _, right, _ in bounds) <= page.width
    assert max(bottom for *_, bottom in bounds) <= page.height


def test_eight_orientations_give_the_same_quads(recognizer: RapidOcr, tmp_path: Path) -> None:
    page = Image.open(DATA / "v3.0-eng.png").convert("RGB")
    upright = page.crop((0, 0, page.width, 282))  # the first three lines
    pages = []
    for orientation, way in TURNED_BACK.items():
        stored = upright if way is None else upright.transpose(way)
        path = tmp_path / f"{orientation}.jpg"
        exif = Image.Exif()
        exif[0x0112] = orientation
        stored.save(path, exif=exif, quality=95)
        assert ImageOps.exif_transpose(Image.open(path)).size == upright.size
        pages.append(page_of(path))
    first, *others = map(words_of, read(recognizer, pages))
    for other in others:
        assert set(first) & set(other) == set(first)
        _assert_near(first, other, 0.02 * upright.width)


@needs_shared_scans
def test_real_pictures_in_eight_orientations_give_the_same_quads(recognizer: RapidOcr) -> None:
    pages = [page_of(SHARED / f"exif_orientation_{number}.jpg") for number in range(1, 9)]
    first, *others = map(words_of, read(recognizer, pages))
    assert {"top", "left", "right", "bottom"} <= set(first)
    for other in others:
        assert {"top", "left", "right", "bottom"} <= set(other)
        _assert_near(first, other, 0.02 * pages[0].width)


def _assert_near(
    first: dict[str, tuple[float, float, float, float]],
    other: dict[str, tuple[float, float, float, float]],
    most: float,
) -> None:
    for text in set(first) & set(other):
        apart = [abs(a - b) for a, b in zip(first[text], other[text], strict=True)]
        assert max(apart) <= most, text


def test_pages_of_a_spread_follow_each_other(recognizer: RapidOcr, truth: str, tmp_path: Path) -> None:
    page = Image.open(DATA / "v3.0-eng.png").convert("RGB")
    spread = Image.new("RGB", (2 * page.width, page.height), page.getpixel((2, 2)))
    spread.paste(page, (0, 0))
    spread.paste(page, (page.width, 0))
    spread.save(tmp_path / "spread.png")
    assert likeness(read_file(recognizer, tmp_path / "spread.png").text, f"{truth}\n{truth}") > 0.97


def test_quads_are_in_pixels_of_a_large_page(
    recognizer: RapidOcr, whiteboard: Recognition, tmp_path: Path
) -> None:
    small = Image.open(DATA / "whiteboard.jpg")
    large = small.resize((small.width * 4, small.height * 4))
    large.save(tmp_path / "large.jpg")
    first, second = words_of(whiteboard), words_of(read_file(recognizer, tmp_path / "large.jpg"))
    assert set(first) == set(second)
    _assert_near({t: tuple(4 * v for v in b) for t, b in first.items()}, second, 0.02 * large.width)


def test_blank_page_has_no_lines(recognizer: RapidOcr, tmp_path: Path) -> None:
    Image.new("L", (600, 800), 250).save(tmp_path / "white.png")
    Image.new("1", (1, 1)).save(tmp_path / "dot.png")
    pages = [tmp_path / "white.png", tmp_path / "dot.png", DATA / "v3.0-black.png"]
    for recognition in read(recognizer, map(page_of, pages)):
        assert recognition.lines == ()
        assert recognition.angle is None


def test_damaged_picture_is_refused_with_a_hint(recognizer: RapidOcr, tmp_path: Path) -> None:
    whole = (DATA / "whiteboard.jpg").read_bytes()
    (tmp_path / "cut.jpg").write_bytes(whole[: len(whole) // 2])
    with pytest.raises(PictureError, match=r"cut\.jpg: the picture is damaged or cut off") as raised:
        read_file(recognizer, tmp_path / "cut.jpg")
    assert "scan the page again" in raised.value.hint


def test_missing_file_is_refused(recognizer: RapidOcr, tmp_path: Path) -> None:
    path = tmp_path / "page.png"
    Image.new("L", (60, 80)).save(path)
    page = page_of(path)
    path.unlink()
    with pytest.raises(PictureError, match="the file is gone"):
        read(recognizer, [page])


def test_missing_rapidocr_stops_the_run_with_a_hint(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "penstock_plugins.recognizers.rapidocr.page_recognition", None)
    with pytest.raises(StopRun, match=r"cannot load rapidocr: ModuleNotFoundError") as raised, RapidOcr():
        pass
    assert "pip install" in raised.value.hint


def test_cuda_without_its_runtime_stops_the_run_with_a_hint() -> None:
    with pytest.raises(StopRun, match="CUDAExecutionProvider") as raised, RapidOcr(device="cuda"):
        pass
    assert "onnxruntime-gpu" in raised.value.hint


def test_pages_are_read_in_worker_processes() -> None:
    component = RapidOcr(workers=1)
    recipe = recipe_of(
        Configured("recognizer", "rapidocr", "", component),
        "the recognizer 'rapidocr'",
        component.resources(),
        component.cache_key(),
    )
    answers: queue.SimpleQueue[Answer] = queue.SimpleQueue()
    with closing(LocalWorkers(recipe, timeout=120)) as workers:
        workers.start(page_of(DATA / "whiteboard.jpg"), lambda answer, _seconds: answers.put(answer))
        answer = answers.get()
    assert isinstance(answer, Recognition)
    assert "change" in answer.text


@pytest.mark.parametrize(
    ("options", "complaint"),
    [
        ({"workers": 0}, "workers must be at least 1, got 0"),
        ({"working_size": 10}, "working_size must be at least 320, got 10"),
        ({"min_confidence": 1.5}, "min_confidence must be from 0 to 1, got 1.5"),
    ],
)
def test_invalid_options_are_refused(options: dict[str, float], complaint: str) -> None:
    with pytest.raises(ValueError, match=complaint):
        RapidOcr(**options)  # type: ignore[arg-type]


def test_import_loads_no_heavy_library() -> None:
    module = importlib.import_module("penstock_plugins.recognizers.rapidocr").__name__
    script = f"import {module}, sys; print([m for m in sys.modules if m in ('numpy', 'cv2', 'rapidocr')])"
    shown = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert shown.stdout.strip() == "[]"


def test_cache_key_is_stable() -> None:
    """A changed key makes every page be recognized again."""
    installed = importlib.metadata.version("rapidocr")
    start = f'{{"rapidocr": "{installed}", "composition": 9'
    end = f'"languages": [], "handwriting": "{handwriting_model.digest()}", "quality": "normal"}}'
    keys = [
        RapidOcr(workers=3, device="cuda").cache_key(),
        RapidOcr(working_size=2000, min_confidence=0.25).cache_key(),
    ]
    assert [json.dumps(key) for key in keys] == [
        f'{start}, "working_size": 1600, "min_confidence": 0.5, {end}',
        f'{start}, "working_size": 2000, "min_confidence": 0.25, {end}',
    ]


@pytest.mark.parametrize(("repeated", "is_upright"), [(5, False), (5, True), (7, False)])
def test_a_line_on_a_long_strip_is_read(recognizer, tmp_path, repeated, is_upright):
    text = " ".join(["the funeral of Mrs Stanford will be held"] * repeated)
    font = ImageFont.load_default(30)
    strip = Image.new("L", (round(font.getlength(text)) + 10, 44), 255)
    ImageDraw.Draw(strip).text((5, 2), text, font=font, fill=0)
    if is_upright:
        strip = strip.transpose(Image.Transpose.ROTATE_90)
    strip.save(tmp_path / "strip.png")
    lines = read_file(recognizer, tmp_path / "strip.png").lines
    assert likeness(" ".join(line.text for line in lines), text) > 0.9
