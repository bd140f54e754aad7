"""Find plugins by name, and check their classes."""

from penstock.plugins.finding import KINDS, Offer, component_class, find, load, nearest, offers
from penstock.plugins.hooks import MarkedMethod, hook_complaints, hooks_of, kind_of

__all__ = [
    "KINDS",
    "MarkedMethod",
    "Offer",
    "component_class",
    "find",
    "hook_complaints",
    "hooks_of",
    "kind_of",
    "load",
    "nearest",
    "offers",
]
