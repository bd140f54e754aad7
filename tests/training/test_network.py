"""The trainable network, its training and its export. Needs PyTorch: ``pip install -e '.[train]'``."""

from __future__ import annotations

import argparse
import json
import shutil
from pathlib import Path

import numpy as np
import pytest

torch = pytest.importorskip("torch")
pytest.importorskip("onnx")

from training.augmentation import plain  # noqa: E402
from training.lines import LineSet, read_sets  # noqa: E402
from training.network import blended, original  # noqa: E402
from training.original_model import ORIGINAL  # noqa: E402

from penstock_plugins.recognizers.rapidocr.language_model import ALPHABET  # noqa: E402
from penstock_plugins.recognizers.rapidocr.posteriors import Network  # noqa: E402
from training import export, train  # noqa: E402

LINES = Path(__file__).parents[1] / "data" / "hands" / "catt-letter.zip"


@pytest.fixture
def prepared(tmp_path: Path) -> Path:
    (tmp_path / "train").mkdir()
    for name in ("inkbench", "copiste", "print", "script"):
        shutil.copy(LINES, tmp_path / "train" / f"{name}.zip")
    return tmp_path


def test_the_network_has_a_step_for_four_pixels() -> None:
    logits = original(ORIGINAL)(torch.zeros(2, 3, 48, 200))
    assert logits.shape == (2, 50, len(ALPHABET) + 1)


def test_padding_changes_nothing() -> None:
    network = original(ORIGINAL)
    lines = LineSet(LINES)
    strip = plain(lines.picture(lines.lines[0])).transpose(2, 0, 1) / np.float32(127.5) - 1
    picture = torch.from_numpy(strip)[None]
    widths = torch.tensor([picture.shape[3]])
    alone = network(picture, widths)[0].argmax(-1)
    beside = network(torch.nn.functional.pad(picture, (0, 160)), widths)[0, : len(alone)].argmax(-1)
    assert torch.equal(alone[:-4], beside[:-4])  # the last steps see what is right of them


def test_a_blend_of_nothing_is_the_original() -> None:
    first = original(ORIGINAL)
    other = {name: torch.zeros_like(value) for name, value in first.state_dict().items()}
    same = blended(other, original(ORIGINAL), 0.0).state_dict()
    assert all(torch.equal(value, same[name]) for name, value in first.state_dict().items())


def test_sets_are_drawn_by_their_shares(prepared: Path) -> None:
    sets = read_sets(prepared / "train")
    weights = dict(zip([each.name for each in sets], train.weights_of(sets), strict=True))
    assert sum(weights.values()) == pytest.approx(1)
    assert weights["inkbench"] == pytest.approx((1 - 0.13 - 0.19) / 3)


def test_batches_depend_on_their_number_alone(prepared: Path) -> None:
    first, again = (train.Batches(read_sets(prepared / "train"), 0, 2)[7] for _ in range(2))
    other = train.Batches(read_sets(prepared / "train"), 1, 2)[7]
    assert torch.equal(first.pictures, again.pictures)
    assert len(first.widths) == len(other.widths) == train.BATCH // 2


@pytest.mark.filterwarnings("ignore")  # PyTorch's own, about its older exporter
def test_training_goes_on_from_its_checkpoint_and_exports(prepared: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    out.mkdir()
    options = argparse.Namespace(prepared=prepared, out=out, lines=32, workers=1, loaders=0, device="cpu")
    train.train(0, options)
    state = torch.load(out / "checkpoint.pt")
    assert state["batch"] == 1
    train.train(0, argparse.Namespace(**{**vars(options), "lines": 64}))
    state = torch.load(out / "checkpoint.pt")
    assert state["batch"] == 2
    model = export.halved(export.exported(blended(state["network"], original(ORIGINAL), 0.7)))
    (tmp_path / "network.onnx").write_bytes(model.SerializeToString())
    network = Network.load(tmp_path / "network.onnx")
    assert "".join(network.characters[1:]) == ALPHABET
    lines = LineSet(LINES)
    strip = np.repeat(lines.picture(lines.lines[0])[..., None], 3, axis=2)
    assert "think" in network.read(strip).greedy[0]
    assert not (out / "log.jsonl").exists() or json.loads((out / "log.jsonl").read_text().splitlines()[0])
