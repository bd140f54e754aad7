"""Stop libtiff from printing its errors on stderr. Pillow raises an exception for each of them."""

from __future__ import annotations

import ctypes

from PIL import _imaging


def silence_libtiff() -> None:
    """Remove the error handler of the libtiff that Pillow uses. Nothing happens if it cannot be found."""
    # A library's symbols can be looked up in those that depend on it.
    try:
        set_handler = ctypes.CDLL(_imaging.__file__).TIFFSetErrorHandler
    except (AttributeError, OSError, TypeError):
        return
    set_handler.restype = ctypes.c_void_p
    set_handler.argtypes = [ctypes.c_void_p]
    set_handler(None)
