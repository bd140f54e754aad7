"""The recognition network of rapidocr, PP-OCRv6 small, as a trainable module.

The module repeats the graph of rapidocr's ONNX file and takes its weights. In that file the batch
normalizations of the backbone are folded into the convolutions before them; three remain, and their
statistics stay as they are. Two things differ from the file: the last layer knows only the characters of
`ALPHABET`, and the last pooling keeps every column, so that there is one CTC step for 4 pixels of width
instead of 8. Narrow handwriting needs that many.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import onnx
import torch
import torch.nn.functional as F  # noqa: N812
from onnx import numpy_helper
from torch import Tensor, nn

from penstock_plugins.recognizers.rapidocr.language_model import ALPHABET
from training.lines import steps_of

_NECK = 120


class SqueezeExcite(nn.Module):
    """Scale each channel by what the whole line shows."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.reduce = nn.Conv2d(channels, channels // 4, 1)
        self.expand = nn.Conv2d(channels // 4, channels, 1)

    def forward(self, x: Tensor, mask: Tensor | None = None) -> Tensor:
        if mask is None:
            mean = x.mean((2, 3), keepdim=True)
        else:
            mean = (x * mask).sum((2, 3), keepdim=True) / (mask.sum((2, 3), keepdim=True) * x.shape[2])
        scale = self.expand(F.relu(self.reduce(mean)))
        return x * torch.clamp(scale * 0.1666667 + 0.5, 0, 1)


class Block(nn.Module):
    """A depthwise convolution, then two pointwise ones; the input is added where the shape allows it."""

    def __init__(
        self, before: int, after: int, stride: tuple[int, int] = (1, 1), *, excite: bool = False
    ) -> None:
        super().__init__()
        self.depthwise = nn.Conv2d(before, before, 3, stride, 1, groups=before)
        self.excite = SqueezeExcite(before) if excite else None
        self.widen = nn.Conv2d(before, before * 2, 1)
        self.narrow = nn.Conv2d(before * 2, after, 1)
        self.adds_input = stride == (1, 1)

    def forward(self, x: Tensor, mask: Tensor | None = None) -> Tensor:
        x = self.depthwise(x)
        if self.excite is not None:
            x = self.excite(x, mask)
        y = self._pointwise(x)
        return x + y if self.adds_input else y

    def _pointwise(self, x: Tensor) -> Tensor:
        if torch.onnx.is_in_onnx_export():
            return self.narrow(F.gelu(self.widen(x)))
        # Pointwise convolutions are matrix products; these are 1.5 times as fast on CPUs without AVX-512.
        y = F.linear(x.permute(0, 2, 3, 1), self.widen.weight.flatten(1), self.widen.bias)
        y = F.linear(F.gelu(y), self.narrow.weight.flatten(1), self.narrow.bias)
        return y.permute(0, 3, 1, 2)


class Transformer(nn.Module):
    """A transformer block over the steps of a line."""

    def __init__(self, size: int = _NECK, heads: int = 8, dropout: float = 0.0) -> None:
        super().__init__()
        self.norm1 = nn.LayerNorm(size, 1e-5)
        self.qkv = nn.Linear(size, 3 * size)
        self.project = nn.Linear(size, size)
        self.norm2 = nn.LayerNorm(size, 1e-5)
        self.widen = nn.Linear(size, 2 * size)
        self.narrow = nn.Linear(2 * size, size)
        self.heads = heads
        self.dropout = nn.Dropout(dropout)

    def forward(self, x: Tensor, padding: Tensor | None = None) -> Tensor:
        size = self.project.in_features
        each = size // self.heads
        parts = self.qkv(self.norm1(x)).reshape(x.shape[0], -1, 3, self.heads, each)
        query, key, value = parts.permute(2, 0, 3, 1, 4)
        attention = (query * each**-0.5) @ key.transpose(-1, -2)
        if padding is not None:
            attention = attention + padding
        y = (attention.softmax(-1) @ value).transpose(1, 2).flatten(2)
        x = x + self.dropout(self.project(y))
        y = self.narrow(self.dropout(F.silu(self.widen(self.norm2(x)))))
        return x + self.dropout(y)


class NormalizedConvolution(nn.Module):
    """A convolution with batch normalization and SiLU."""

    def __init__(self, before: int, kernel: tuple[int, int] = (1, 1), groups: int = 1) -> None:
        super().__init__()
        around = (kernel[0] // 2, kernel[1] // 2)
        self.convolution = nn.Conv2d(before, _NECK, kernel, padding=around, groups=groups, bias=False)
        self.norm = nn.BatchNorm2d(_NECK)

    def forward(self, x: Tensor) -> Tensor:
        return F.silu(self.norm(self.convolution(x)))


class RecognitionNetwork(nn.Module):
    """Maps pictures, N by 3 by 48 by width in -1 to 1, to logits: N by steps by classes. Class 0 is blank."""

    def __init__(self, classes: int, dropout: float = 0.0) -> None:
        super().__init__()
        self.stem1 = nn.Conv2d(3, 48, 3, 2, 1)
        self.stem2a = nn.Conv2d(48, 24, 2)
        self.stem2b = nn.Conv2d(24, 48, 2)
        self.stem3 = nn.Conv2d(96, 48, 3, 2, 1)
        self.stem4 = nn.Conv2d(48, 96, 1)
        self.blocks = nn.ModuleList(
            [
                Block(96, 96, excite=True),
                Block(96, 96),
                Block(96, 96),
                Block(96, 192, (2, 1)),
                Block(192, 192, excite=True),
                Block(192, 192),
                Block(192, 192, excite=True),
                Block(192, 192),
                Block(192, 192, excite=True),
                Block(192, 192),
                Block(192, 384, (2, 1)),
                Block(384, 384, excite=True),
                Block(384, 384),
            ]
        )
        self.skip = NormalizedConvolution(384)
        self.reduce = NormalizedConvolution(384)
        self.local = NormalizedConvolution(_NECK, (1, 7), groups=_NECK)
        self.transformers = nn.ModuleList([Transformer(dropout=dropout), Transformer(dropout=dropout)])
        self.norm = nn.LayerNorm(_NECK, 1e-6)
        self.dropout = nn.Dropout(dropout)
        self.classify = nn.Linear(_NECK, classes)

    @property
    def stem(self) -> list[nn.Conv2d]:
        """The convolutions before the blocks, in order."""
        return [self.stem1, self.stem2a, self.stem2b, self.stem3, self.stem4]

    def forward(self, x: Tensor, widths: Tensor | None = None) -> Tensor:
        """Return the logits. `widths` are the pixels of each picture that are not padding."""
        x = F.relu(self.stem1(x))
        x = self._after_stem1(x)
        mask = None if widths is None else _mask(widths, x.shape[3])[:, None, None, :]
        for block in self.blocks:
            x = block(x, mask)
        x = F.avg_pool2d(F.pad(x, (0, 1, 0, 0), mode="replicate"), (3, 2), (3, 1))
        skipped = self.skip(x)
        y = self.reduce(x)
        y = (y + self.local(y)).flatten(2).transpose(1, 2)
        padding = None
        if widths is not None:
            padding = (_mask(widths, y.shape[1]) - 1.0)[:, None, None, :] * 1e4
        for transformer in self.transformers:
            y = transformer(y, padding)
        y = self.norm(y) + skipped.flatten(2).transpose(1, 2)
        return self.classify(self.dropout(y))

    def _after_stem1(self, x: Tensor) -> Tensor:
        # Values are at least 0, so that padding with 0 does what padding with minus infinity would do.
        pooled = F.max_pool2d(F.pad(x, (0, 1, 0, 1)), 2, 1)
        y = F.relu(self.stem2a(F.pad(x, (0, 1, 0, 1))))
        y = F.relu(self.stem2b(F.pad(y, (0, 1, 0, 1))))
        return F.relu(self.stem4(F.relu(self.stem3(torch.cat([pooled, y], 1)))))

    def train(self, mode: bool = True) -> RecognitionNetwork:  # noqa: FBT001, FBT002
        """Switch to training or evaluation; batch normalizations keep their statistics in both."""
        super().train(mode)
        for module in self.modules():
            if isinstance(module, nn.BatchNorm2d):
                module.eval()
        return self


def _mask(widths: Tensor, steps: int) -> Tensor:
    """Return 1 for each step of a picture, and 0 for padding: pictures by steps."""
    places = torch.arange(steps, device=widths.device)[None]
    return (places < steps_of(widths[:, None])).float()


def original(model: Path, dropout: float = 0.0) -> RecognitionNetwork:
    """Return the network with the weights of rapidocr's ONNX file, cut to the characters of `ALPHABET`."""
    loaded = onnx.load(model)
    graph = loaded.graph
    weights = {each.name: torch.from_numpy(numpy_helper.to_array(each).copy()) for each in graph.initializer}
    characters = next(each.value for each in loaded.metadata_props if each.key == "character").split("\n")
    network = RecognitionNetwork(len(characters) + 2, dropout)
    users: dict[str, list[Any]] = {}
    for node in graph.node:
        for name in node.input:
            users.setdefault(name, []).append(node)
    _copy_convolutions(network, graph, weights, users)
    _copy_neck(network, graph, weights, users)
    _cut_classes(network, characters)
    return network.eval()


def _copy_convolutions(
    network: RecognitionNetwork, graph: Any, weights: dict[str, Tensor], users: dict[str, list[Any]]
) -> None:
    modules = [*network.stem]
    for block in network.blocks:
        excite = [block.excite.reduce, block.excite.expand] if block.excite is not None else []
        modules += [block.depthwise, *excite, block.widen, block.narrow]
    modules += [part.convolution for part in (network.skip, network.reduce, network.local)]
    nodes = [node for node in graph.node if node.op_type == "Conv"]
    for module, node in zip(modules, nodes, strict=True):
        weight = weights[node.input[1]]
        if module.weight.shape != weight.shape:
            raise ValueError(f"{node.output[0]}: expected {module.weight.shape}, got {weight.shape}")
        module.weight.data = weight
        if module.bias is not None:
            module.bias.data = _added_after(node, weights, users).reshape(-1)
    norms = [node for node in graph.node if node.op_type == "BatchNormalization"]
    for part, node in zip((network.skip, network.reduce, network.local), norms, strict=True):
        part.norm.weight.data, part.norm.bias.data = weights[node.input[1]], weights[node.input[2]]
        part.norm.running_mean, part.norm.running_var = weights[node.input[3]], weights[node.input[4]]


def _copy_neck(
    network: RecognitionNetwork, graph: Any, weights: dict[str, Tensor], users: dict[str, list[Any]]
) -> None:
    layers: list[nn.Linear] = []
    for block in network.transformers:
        layers += [block.qkv, block.project, block.widen, block.narrow]
    nodes = [node for node in graph.node if node.op_type == "MatMul" and node.input[1] in weights]
    for layer, node in zip([*layers, network.classify], nodes, strict=True):
        layer.weight.data = weights[node.input[1]].t().contiguous()
        layer.bias.data = _added_after(node, weights, users)
    norms = [norm for block in network.transformers for norm in (block.norm1, block.norm2)] + [network.norm]
    for index, norm in enumerate(norms):
        norm.weight.data = weights[f"helper.reshape.{2 * index}"]
        norm.bias.data = weights[f"helper.reshape.{2 * index + 1}"]


def _added_after(node: Any, weights: dict[str, Tensor], users: dict[str, list[Any]]) -> Tensor:
    """Return the bias, which the file adds in a node of its own."""
    add = next(user for user in users[node.output[0]] if user.op_type == "Add")
    return next(weights[name] for name in add.input if name in weights)


def _cut_classes(network: RecognitionNetwork, characters: list[str]) -> None:
    """Keep the blank and the characters of `ALPHABET`; characters that the file lacks start at random."""
    places = {character: number for number, character in enumerate(characters, 1)}
    places[" "] = len(characters) + 1
    weight, bias = network.classify.weight.data, network.classify.bias.data
    generator = torch.Generator().manual_seed(0)
    rows, biases = [weight[0]], [bias[0]]
    for character in ALPHABET:
        place = places.get(character)
        rows.append(
            torch.randn(_NECK, generator=generator) * 0.05 if place is None else weight[place],
        )
        biases.append(bias[1:].min() if place is None else bias[place])
    network.classify = nn.Linear(_NECK, len(rows))
    network.classify.weight.data = torch.stack(rows)
    network.classify.bias.data = torch.stack(biases)


def blended(trained: dict[str, Tensor], first: RecognitionNetwork, share: float) -> RecognitionNetwork:
    """Return `first` with its weights moved towards the trained ones by `share`, 0 to 1.

    A blend keeps more of what the original knows than the trained weights alone (M. Wortsman and others,
    "Robust fine-tuning of zero-shot models", 2022, arXiv:2109.01903).
    """
    weights = first.state_dict()
    for name, value in weights.items():
        if value.is_floating_point():
            weights[name] = value + share * (trained[name] - value)
    first.load_state_dict(weights)
    return first.eval()
