"""Find plugins by name, and check their classes."""

from penstock.plugins.finding import (
    FILE_MODULE,
    KINDS,
    Offer,
    component_class,
    find,
    load,
    load_file,
    nearest,
    offers,
)
from penstock.plugins.hooks import MarkedMethod, hook_complaints, hooks_of, kind_of

__all__ = [
    "FILE_MODULE",
    "KINDS",
    "MarkedMethod",
    "Offer",
    "component_class",
    "find",
    "hook_complaints",
    "hooks_of",
    "kind_of",
    "load",
    "load_file",
    "nearest",
    "offers",
]
