"""Search for words in everything that was recognized, also for words that were misread."""

from typing import TYPE_CHECKING, Any

from penstock.search.query import Query
from penstock.search.scope import Scope

if TYPE_CHECKING:
    from penstock.search.finding import Found, Hit, find
else:

    def __getattr__(name: str) -> Any:
        """Return what `finding` defines. It is imported when it is first used, because it needs numpy."""
        if name not in __all__:
            raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
        from penstock.search import finding

        return getattr(finding, name)


__all__ = ["Found", "Hit", "Query", "Scope", "find"]
