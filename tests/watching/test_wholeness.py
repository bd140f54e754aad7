"""When a group of files is whole, for any order of looks."""

from __future__ import annotations

from pathlib import PurePath

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from penstock.watching.names import is_unfinished
from penstock.watching.wholeness import STEP, Seen, Verdict, Waiting, after_look

QUIET = 1.0
looks = st.lists(
    st.tuples(
        st.floats(0, 3),  # seconds since the look before
        st.sampled_from([b"1", b"2", None]),
        st.booleans(),
        st.booleans(),
    ),
    max_size=30,
)


@settings(max_examples=60)
@given(looks)
def test_a_whole_group_was_the_same_and_closed_for_the_quiet_time(
    given_looks: list[tuple[float, bytes | None, bool, bool]],
) -> None:
    state: Waiting | Verdict | None = None
    now, same_since, last = 0.0, 0.0, None
    for seconds, fingerprint, is_open, is_marked in given_looks:
        now += seconds
        if fingerprint != last or is_open:
            same_since, last = now, fingerprint
        before = state if isinstance(state, Waiting) else None
        if before is None:
            same_since = now
        state = after_look(before, Seen(fingerprint, is_open=is_open, is_marked=is_marked), now, QUIET)
        if state is Verdict.WHOLE:
            assert not is_open
            assert is_marked
            assert now - same_since >= QUIET - STEP
        assert (state is Verdict.GONE) == (fingerprint is None)


@settings(max_examples=10)
@given(st.integers(0, 40))
def test_a_file_that_does_not_change_any_more_becomes_whole(opens: int) -> None:
    now, state = 0.0, None
    for _ in range(opens):
        state = after_look(state, Seen(b"1", is_open=True), now, QUIET)
        assert isinstance(state, Waiting)
        assert state.due is not None
        assert now < state.due <= now + 33 * QUIET
        now = state.due
    for _ in range(3):
        state = after_look(state, Seen(b"1"), now, QUIET)
        if state is Verdict.WHOLE:
            return
        assert isinstance(state, Waiting)
        assert state.due is not None
        now = state.due
    raise AssertionError(state)


def test_a_group_without_its_marker_waits_for_a_notice() -> None:
    first = after_look(None, Seen(b"1", is_marked=False), 0.0, QUIET)
    assert isinstance(first, Waiting)
    waiting = after_look(first, Seen(b"1", is_marked=False), 1.0, QUIET)
    assert waiting == Waiting(b"1", None)
    assert isinstance(waiting, Waiting)
    assert after_look(waiting, Seen(b"1"), 50.0, QUIET) is Verdict.WHOLE


@pytest.mark.parametrize(
    "name",
    [
        ".scan.pdf.Xy12ab",  # rsync
        ".~tmp~/scan.pdf",
        ".syncthing.scan.pdf.tmp",
        "~syncthing~scan.pdf.tmp",
        "Unconfirmed 123.crdownload",
        "scan.pdf.part",
        "scan.pdf.ocTransferId123.part",
        "scan.pdf.filepart",
        "Scan.download/scan.pdf",
        "._scan.pdf",
        ".smbdelete12AB",
        ".nfs0001",
        ".pending-1700000000-IMG.jpg",
        "~$letter.pdf",
        "scan.pdf~",
        "letter.pdf.sb-1a2b3c4d-XyZabc",
        "OUT1.PNM.PART",
    ],
)
def test_temporary_names(name: str) -> None:
    assert is_unfinished(PurePath(name))


@pytest.mark.parametrize("name", ["scan.pdf", "part one.pdf", "a.b/c~d.jpg", "tmp/scan.jpg", "départ.tif"])
def test_other_names(name: str) -> None:
    assert not is_unfinished(PurePath(name))
