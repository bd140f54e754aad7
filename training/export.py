"""Export a trained network to ONNX, as `rapidocr` of penstock loads it.

    python -m training.export CHECKPOINT [--out FILE] [--share 0.7]

The weights are blended with the original ones: `--share` is that of the trained ones. They are stored with 16
bits and calculated with 32. The characters are in the file's metadata, as in rapidocr's own file.
"""

from __future__ import annotations

import argparse
import hashlib
import tempfile
from pathlib import Path

import numpy as np
import onnx
import onnxruntime
import torch
from onnx import TensorProto, helper, numpy_helper

from penstock_plugins.recognizers.rapidocr.handwriting_model import FILE
from penstock_plugins.recognizers.rapidocr.language_model import ALPHABET
from training.network import RecognitionNetwork, blended, original
from training.original_model import ORIGINAL

SHARE = 0.85
OPSET = 17
SMALLEST = 1024
"""Numbers of a weight from which on it is stored with 16 bits."""
LARGEST_DIFFERENCE = 2e-2
"""Of a probability, between PyTorch with 32 bits and onnxruntime with the stored weights."""


def main() -> None:
    """Export the checkpoint that the command line names."""
    parser = argparse.ArgumentParser(description="Export a trained network to ONNX.")
    parser.add_argument("checkpoint", type=Path)
    parser.add_argument("--out", type=Path, default=FILE)
    parser.add_argument("--share", type=float, default=SHARE)
    options = parser.parse_args()
    state = torch.load(options.checkpoint, map_location="cpu")
    network = blended(state["network"], original(ORIGINAL), options.share)
    options.out.parent.mkdir(parents=True, exist_ok=True)
    onnx.save(halved(exported(network)), options.out)
    checksum = hashlib.sha256(options.out.read_bytes()).hexdigest()
    options.out.with_suffix(".sha256").write_text(f"{checksum}\n", "ascii")
    difference = largest_difference(network, options.out)
    print(f"{options.out}: {options.out.stat().st_size / 1e6:.1f} MB, differs by at most {difference:.1e}")
    if difference > LARGEST_DIFFERENCE:
        raise SystemExit(f"the exported network differs by more than {LARGEST_DIFFERENCE}")


def exported(network: RecognitionNetwork) -> onnx.ModelProto:
    """Return the network as an ONNX model with free batch size and width."""
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "network.onnx"
        torch.onnx.export(
            torch.nn.Sequential(network, torch.nn.Softmax(-1)).eval(),
            (torch.zeros(1, 3, 48, 320),),
            str(file),
            opset_version=OPSET,
            input_names=["x"],
            output_names=["probabilities"],
            dynamic_axes={"x": {0: "batch", 3: "width"}, "probabilities": {0: "batch", 1: "steps"}},
            dynamo=False,
        )
        model = onnx.load(file)
    # As in rapidocr's file, the space, which is the last character, is left out.
    helper.set_model_props(model, {"character": "\n".join(ALPHABET[:-1])})
    return model


def halved(model: onnx.ModelProto) -> onnx.ModelProto:
    """Store large weights with 16 bits, each followed by a cast to 32, which onnxruntime does once."""
    graph = model.graph
    casts = []
    for weight in graph.initializer:
        values = numpy_helper.to_array(weight)
        if values.dtype != np.float32 or values.size < SMALLEST:
            continue
        name = weight.name
        weight.CopyFrom(numpy_helper.from_array(values.astype(np.float16), f"{name}.half"))
        casts.append(helper.make_node("Cast", [f"{name}.half"], [name], to=TensorProto.FLOAT))
    nodes = [*casts, *graph.node]
    del graph.node[:]
    graph.node.extend(nodes)
    onnx.checker.check_model(model)
    return model


def largest_difference(network: RecognitionNetwork, file: Path) -> float:
    """Compare the probabilities of the file with those of the network, on noise of several widths."""
    session = onnxruntime.InferenceSession(file, providers=["CPUExecutionProvider"])
    draw = np.random.default_rng(0)
    differences = []
    for count, width in ((1, 320), (2, 203), (1, 1003)):
        pictures = draw.uniform(-1, 1, (count, 3, 48, width)).astype(np.float32)
        with torch.no_grad():
            expected = network(torch.from_numpy(pictures)).softmax(-1).numpy()
        (got,) = session.run(None, {"x": pictures})
        differences.append(float(np.abs(got - expected).max()))
    return max(differences)


if __name__ == "__main__":
    main()
