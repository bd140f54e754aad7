"""Train the recognition network on the lines that `training.prepare` made.

    python -m training.train LINES_FOLDER OUT_FOLDER [--lines 30000] [--workers 2] [--device cuda]

Starts from the weights of rapidocr's file. The learning rate falls along a cosine until `--lines` lines have
been seen. A checkpoint is written every few minutes; the same command goes on from it. What is drawn depends
on the seed and the number of the batch alone.
"""

from __future__ import annotations

import argparse
import json
import math
import os
import random
import time
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import accumulate
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import torch
import torch.distributed as dist
import torch.nn.functional as F  # noqa: N812
from torch import Tensor, nn

from penstock_plugins.recognizers.rapidocr.language_model import IDS
from training.augmentation import augmented
from training.lines import HEIGHT, Line, LineSet, Pixels, read_sets, steps_needed, steps_of
from training.network import RecognitionNetwork, original
from training.original_model import ORIGINAL

SEED = 1
BATCH = 32
"""Lines of a batch, over all workers. Below 16 a worker, convolutions on the CPU are three times as slow."""
POOL = 6
"""Batches that are drawn together and sorted by length, so that a batch has little padding."""
WIDEST = 1000
"""Pixels of a line after augmentation; wider ones are drawn again."""
SHARES = {"print": 0.13, "script": 0.19}
"""Shares of the drawn sets; the rest is handwriting."""
ENGLISH, ENGLISH_SHARE = "inkbench", 1 / 3
"""The English set and its share of the handwriting. It is small, so that its lines come more often."""
TEMPER = 0.6
"""Other sets are drawn in proportion to their number of lines to this power."""
HEAD_RATE, BODY_RATE = 4e-4, 2.4e-4
WARM_UP = 20  # batches
FROZEN_BLOCKS = 3  # with the stem: what strokes look like does not change
LARGEST_GRADIENT = 3.0
DROPOUT = 0.1
SECONDS_BETWEEN_CHECKPOINTS = 300


@dataclass(frozen=True, slots=True)
class Batch:
    """Pictures (N by 3 by 48 by width), their widths, the classes of all texts in a row, and their lengths."""

    pictures: Tensor
    widths: Tensor
    classes: Tensor
    lengths: Tensor


class Batches(torch.utils.data.Dataset[Batch]):
    """The batches of one worker, by number."""

    def __init__(self, sets: list[LineSet], rank: int, workers: int) -> None:
        self._sets = sets
        self._weights = list(accumulate(weights_of(sets)))
        self._rank, self._workers = rank, workers

    def __getitem__(self, number: int) -> Batch:
        draw = random.Random(f"{SEED} pool {number // POOL}")
        pool = [self._choice(draw) for _ in range(BATCH * POOL)]
        pool.sort(key=lambda each: len(each[1].text))
        order = draw.sample(range(POOL), POOL)
        first = order[number % POOL] * BATCH
        mine = pool[first + self._rank : first + BATCH : self._workers]
        draw = random.Random(f"{SEED} batch {number} worker {self._rank}")
        return _batch([self._variant(lines, line, draw) for lines, line in mine])

    def _choice(self, draw: random.Random) -> tuple[LineSet, Line]:
        (lines,) = draw.choices(self._sets, cum_weights=self._weights)
        return lines, draw.choice(lines.lines)

    def _variant(self, lines: LineSet, line: Line, draw: random.Random) -> tuple[Pixels, str]:
        """Return a variant of a line, or of another one if the text does not fit into the picture's steps."""
        while True:
            picture = augmented(lines.picture(line), draw)
            width = picture.shape[1]
            if width <= WIDEST and steps_needed(line.text) <= steps_of(width):
                return picture, line.text
            lines, line = self._choice(draw)


def weights_of(sets: list[LineSet]) -> list[float]:
    """Return how often each set is drawn."""
    others = [0.0 if lines.name in {*SHARES, ENGLISH} else len(lines.lines) ** TEMPER for lines in sets]
    handwriting = 1 - sum(SHARES.values())
    scale = handwriting * (1 - ENGLISH_SHARE) / sum(others)
    named = {**SHARES, ENGLISH: handwriting * ENGLISH_SHARE}
    return [named.get(lines.name, weight * scale) for lines, weight in zip(sets, others, strict=True)]


def _batch(lines: list[tuple[Pixels, str]]) -> Batch:
    widths = [picture.shape[1] for picture, _ in lines]
    padded = np.zeros((len(lines), 3, HEIGHT, -(-max(widths) // 16) * 16), np.float32)
    for place, (picture, _) in zip(padded, lines, strict=True):
        place[:, :, : picture.shape[1]] = picture.transpose(2, 0, 1) / np.float32(127.5) - 1
    texts = [[IDS[character] for character in text] for _, text in lines]
    return Batch(
        torch.from_numpy(padded),
        torch.tensor(widths),
        torch.tensor([number for text in texts for number in text]),
        torch.tensor([len(text) for text in texts]),
    )


def loss_of(network: nn.Module, batch: Batch) -> Tensor:
    """Return the CTC loss a character."""
    logits = network(batch.pictures, batch.widths)
    steps = steps_of(batch.widths).clamp(max=logits.shape[1])
    return F.ctc_loss(
        logits.log_softmax(-1).transpose(0, 1), batch.classes, steps, batch.lengths, zero_infinity=True
    )


def rate_at(progress: float, batch: int) -> float:
    """Return the share of the learning rate: a short warm-up, then a cosine down to 2 %."""
    return min(1.0, (batch + 1) / WARM_UP) * (
        0.02 + 0.98 * 0.5 * (1 + math.cos(math.pi * min(1.0, progress)))
    )


def parameter_groups(network: RecognitionNetwork) -> list[dict[str, Any]]:
    """Freeze the first layers, and return the others with their learning rates."""
    for module in (*network.stem, *network.blocks[:FROZEN_BLOCKS]):
        module.requires_grad_(requires_grad=False)
    body = [each for each in network.blocks.parameters() if each.requires_grad]
    inside = {id(each) for each in body}
    head = [each for each in network.parameters() if each.requires_grad and id(each) not in inside]
    return [{"params": head, "rate": HEAD_RATE}, {"params": body, "rate": BODY_RATE}]


def train(rank: int, options: argparse.Namespace) -> None:
    """Train as one of several workers."""
    torch.set_num_threads(1 if options.device == "cpu" else 4)
    cv2.setNumThreads(1)
    torch.manual_seed(SEED + rank)
    if options.workers > 1:
        dist.init_process_group("gloo", rank=rank, world_size=options.workers)
    network = original(ORIGINAL, DROPOUT).to(options.device, memory_format=torch.channels_last)
    optimizer = torch.optim.AdamW(parameter_groups(network), lr=0, weight_decay=0.01, betas=(0.9, 0.98))
    checkpoint = options.out / "checkpoint.pt"
    first = _resume(checkpoint, network, optimizer)
    total = options.lines // BATCH
    network.train()
    model: nn.Module = network if options.workers == 1 else nn.parallel.DistributedDataParallel(network)
    batches = _loaded(
        Batches(read_sets(options.prepared / "train"), rank, options.workers), first, total, options
    )
    log = _Log(options.out / "log.jsonl", first, total) if rank == 0 else None
    for number, batch in enumerate(batches, first):
        for group in optimizer.param_groups:
            group["lr"] = group["rate"] * rate_at(number / total, number)
        loss = loss_of(model, batch)
        optimizer.zero_grad()
        loss.backward()
        nn.utils.clip_grad_norm_(network.parameters(), LARGEST_GRADIENT)
        optimizer.step()
        if log is not None and log.note(number, loss.item()):
            _save(checkpoint, network, optimizer, number + 1)
    if rank == 0:
        _save(checkpoint, network, optimizer, total)


def _loaded(batches: Batches, first: int, total: int, options: argparse.Namespace) -> Iterator[Batch]:
    loader = torch.utils.data.DataLoader(
        batches,
        batch_size=None,
        sampler=range(first, total),
        num_workers=options.loaders,
        prefetch_factor=4 if options.loaders else None,
    )
    for batch in loader:
        yield Batch(*(getattr(batch, name).to(options.device) for name in Batch.__slots__))


def _resume(checkpoint: Path, network: RecognitionNetwork, optimizer: torch.optim.Optimizer) -> int:
    """Load the checkpoint, if there is one, and return the number of the next batch."""
    if not checkpoint.exists():
        return 0
    state = torch.load(checkpoint, map_location="cpu")
    network.load_state_dict(state["network"])
    optimizer.load_state_dict(state["optimizer"])
    return int(state["batch"])


def _save(
    checkpoint: Path, network: RecognitionNetwork, optimizer: torch.optim.Optimizer, batch: int
) -> None:
    state = {"network": network.state_dict(), "optimizer": optimizer.state_dict(), "batch": batch}
    part = checkpoint.with_suffix(".part")
    torch.save(state, part)
    part.replace(checkpoint)


class _Log:
    """Writes the loss and the speed of every tenth batch, and tells when a checkpoint is due."""

    def __init__(self, file: Path, first: int, total: int) -> None:
        self._file, self._first, self._total = file, first, total
        self._start = self._saved = time.monotonic()
        self._losses: list[float] = []

    def note(self, number: int, loss: float) -> bool:
        self._losses.append(loss)
        now = time.monotonic()
        if (number + 1) % 10 == 0:
            speed = (number + 1 - self._first) * BATCH / (now - self._start)
            row = {
                "lines": (number + 1) * BATCH,
                "loss": round(float(np.mean(self._losses)), 4),
                "lines_per_second": round(speed, 2),
                "minutes_left": round((self._total - number - 1) * BATCH / speed / 60, 1),
            }
            self._losses.clear()
            with self._file.open("a", encoding="utf-8") as file:
                file.write(json.dumps(row) + "\n")
            print(row, flush=True)
        is_due = now - self._saved > SECONDS_BETWEEN_CHECKPOINTS
        if is_due:
            self._saved = now
        return is_due


def main() -> None:
    """Train as the command line says."""
    parser = argparse.ArgumentParser(description="Train the recognition network.")
    parser.add_argument("prepared", type=Path)
    parser.add_argument("out", type=Path)
    parser.add_argument("--lines", type=int, default=30_000)
    parser.add_argument("--workers", type=int, default=1, help="processes that share each batch, on the CPU")
    parser.add_argument("--loaders", type=int, default=0, help="processes a worker that prepare pictures")
    parser.add_argument("--device", default="cpu")
    options = parser.parse_args()
    options.out.mkdir(parents=True, exist_ok=True)
    if options.workers == 1:
        train(0, options)
    else:
        os.environ.setdefault("MASTER_ADDR", "127.0.0.1")
        os.environ.setdefault("MASTER_PORT", "29531")
        torch.multiprocessing.spawn(train, (options,), nprocs=options.workers)


if __name__ == "__main__":
    main()
