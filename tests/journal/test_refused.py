"""The hint for a page that an earlier run was refused."""

from __future__ import annotations

import pytest

from pipelines import tables


@pytest.mark.parametrize(
    ("remote", "options", "again"),
    [
        (True, {}, "`penstock retry` asks again"),
        (False, {}, ""),  # a local recognizer refuses it again
        (True, {"ad_hoc": True}, "`penstock read --fresh` for its file asks again"),
    ],
)
def test_retry_is_suggested_only_if_it_can_help(run_tables, draw, remote, options, again):
    told = tables([draw("a.png")], script={"a": ["refuse"]})
    told["recognizers"][0]["remote"] = remote
    first = run_tables(told, **options)
    second = run_tables(told, **options)
    assert [report.failures[0].why for report in (first, second)] == [first.failures[0].why] * 2
    assert second.pages_sent == 0
    assert second.failures[0].hint == "; ".join(filter(None, [first.failures[0].hint, again]))
    assert "retry" not in first.failures[0].hint
