"""Where rapidocr keeps the network that training starts from."""

from __future__ import annotations

from importlib.util import find_spec
from pathlib import Path


def _model() -> Path:
    spec = find_spec("rapidocr")
    if spec is None or spec.origin is None:
        raise ModuleNotFoundError("rapidocr is not installed: pip install -e '.[train]'")
    return Path(spec.origin).parent / "models" / "PP-OCRv6_rec_small.onnx"


ORIGINAL = _model()
