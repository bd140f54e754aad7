"""Read PNM and PAM, the formats of `scanimage` and Netpbm: PBM, PGM, PPM and PAM, as text or binary.

Pillow reads neither PAM nor 16 bits per channel at a useful speed.
"""

from __future__ import annotations

import os
import re
from dataclasses import dataclass
from typing import IO, Any, cast

import numpy as np
from PIL import ImageFile

MAGIC = re.compile(rb"P[1-7]\s")
_TOKEN = re.compile(rb"(?:\s|#[^\r\n]*)*([0-9]+)")
_COMMENT = re.compile(rb"#[^\r\n]*")
_PAM_LINE = re.compile(rb"\s*(?:#[^\n]*\n|([A-Z]+)(?:[ \t]+([^\n]*))?\n)")
_HEADER_BYTES = 4096
_DEPTHS = {b"1": 1, b"2": 1, b"3": 3, b"4": 1, b"5": 1, b"6": 3}
_MODES = {1: "L", 2: "LA", 3: "RGB", 4: "RGBA"}


@dataclass(frozen=True, slots=True)
class _Header:
    """The header of one picture.

    Parameters
    ----------
    kind
        The digit of the magic number: 1 to 3 for text, 4 to 6 for binary, 7 for PAM.
    width, height
        In pixels.
    mode
        Pillow's mode.
    maximum
        The highest value of a sample.
    raster
        File offset of the samples.
    """

    kind: bytes
    width: int
    height: int
    mode: str
    maximum: int
    raster: int

    @property
    def is_text(self) -> bool:
        return self.kind in b"123"

    @property
    def is_bitmap(self) -> bool:
        return self.kind in b"14"

    @property
    def samples(self) -> int:
        return self.width * self.height * len(self.mode)

    @property
    def raster_bytes(self) -> int:
        """The size of the samples of a binary file."""
        if self.kind == b"4":
            return (self.width + 7) // 8 * self.height
        return self.samples * (2 if self.maximum > 255 else 1)


class NetpbmFile(ImageFile.ImageFile):
    """A PNM or PAM, decoded to 8 bits per channel.

    Raises SyntaxError if the file is neither, ValueError for an invalid header or missing samples.
    """

    format = "PNM"
    format_description = "Portable Anymap"

    def _open(self) -> None:
        self._file = cast(IO[bytes], self.fp)
        self._header = _read_header(self._file, 0)
        self._size = (self._header.width, self._header.height)
        self._mode = self._header.mode
        self.n_frames = _count(self._file, self._header)

    def load(self) -> Any:
        """Decode the samples once."""
        if self._im is None:
            self.load_prepare()
            self.frombytes(_pixels(self._file, self._header).tobytes())
        return super().load()


def _read_header(file: IO[bytes], place: int) -> _Header:
    file.seek(place)
    head = file.read(_HEADER_BYTES)
    if not MAGIC.match(head):
        raise SyntaxError("it is not a PNM or PAM")
    header = _pam_header(head, place) if head[1:2] == b"7" else _pnm_header(head, place)
    if not (header.width and header.height and 0 < header.maximum < 65536):
        raise ValueError("its header is invalid")
    return header


def _pnm_header(head: bytes, place: int) -> _Header:
    kind, end, numbers = head[1:2], 2, []
    for _ in range(2 if kind in b"14" else 3):
        token = _TOKEN.match(head, end)
        if token is None:
            raise ValueError("its header is cut off")
        numbers.append(int(token[1]))
        end = token.end()
    width, height, maximum = (*numbers, 1)[:3]
    return _Header(kind, width, height, _MODES[_DEPTHS[kind]], maximum, place + end + 1)


def _pam_header(head: bytes, place: int) -> _Header:
    end, fields = 2, dict[bytes, bytes]()
    while line := _PAM_LINE.match(head, end):
        end = line.end()
        if line[1] == b"ENDHDR":
            break
        if line[1]:
            fields[line[1]] = (line[2] or b"").strip()
    try:
        width, height, depth, maximum = (
            int(fields[name]) for name in (b"WIDTH", b"HEIGHT", b"DEPTH", b"MAXVAL")
        )
    except (KeyError, ValueError) as error:
        raise ValueError("its header is invalid") from error
    if depth not in _MODES:
        raise ValueError(f"{depth} channels are not supported")
    mode = "CMYK" if fields.get(b"TUPLTYPE") == b"CMYK" and depth == 4 else _MODES[depth]
    return _Header(b"7", width, height, mode, maximum, place + end)


def _count(file: IO[bytes], header: _Header) -> int:
    """Return the number of pictures in a binary file: several may follow each other."""
    size, count = os.fstat(file.fileno()).st_size, 1
    while not header.is_text and header.raster + header.raster_bytes < size:
        try:
            header = _read_header(file, header.raster + header.raster_bytes)
        except (SyntaxError, ValueError):
            break
        count += 1
    return count


def _pixels(file: IO[bytes], header: _Header) -> np.ndarray[Any, Any]:
    """Return the samples in 8 bits. Black and white stay the darkest and the lightest level."""
    file.seek(header.raster)
    samples = _text_samples(file.read(), header) if header.is_text else _binary_samples(file, header)
    if header.is_bitmap:
        return np.where(samples, 0, 255).astype(np.uint8).reshape(header.height, header.width)
    if header.maximum != 255:
        steps = np.arange(65536, dtype=np.float32).clip(max=header.maximum) * (255 / header.maximum)
        samples = (steps + 0.5).astype(np.uint8)[samples]
    shape = (header.height, header.width, len(header.mode))
    return samples.astype(np.uint8).reshape(shape if shape[2] > 1 else shape[:2])


def _binary_samples(file: IO[bytes], header: _Header) -> np.ndarray[Any, Any]:
    data = file.read(header.raster_bytes)
    if len(data) < header.raster_bytes:
        raise ValueError(f"it has {len(data)} bytes of pixels instead of {header.raster_bytes}")
    if header.kind == b"4":
        rows = np.frombuffer(data, np.uint8).reshape(header.height, -1)
        return np.unpackbits(rows, axis=1, count=header.width)
    return np.frombuffer(data, ">u2" if header.maximum > 255 else np.uint8)


def _text_samples(text: bytes, header: _Header) -> np.ndarray[Any, Any]:
    text = _COMMENT.sub(b"", text)
    if re.search(rb"[^0-9\s]", text):
        raise ValueError("its pixels are not numbers")
    if header.is_bitmap:
        # The digits of a bitmap need no spaces between them.
        samples = np.frombuffer(b"".join(text.split()), np.uint8) - ord("0")
    else:
        samples = np.fromstring(text, np.int64, sep=" ")
    if len(samples) < header.samples:
        raise ValueError(f"it has {len(samples)} numbers instead of {header.samples}")
    return samples[: header.samples].clip(0, 65535)
