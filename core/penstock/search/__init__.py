"""Search for words in everything that was recognized, also for words that were misread."""

from penstock.search.finding import Found, Hit, Scope, find
from penstock.search.query import Query

__all__ = ["Found", "Hit", "Query", "Scope", "find"]
