"""Test doubles that are named after a behaviour have that behaviour."""

from __future__ import annotations

import contextlib
import threading

import pytest

from penstock.errors import PageRefused, PictureError, TryAgain
from penstock.images import find_pages
from penstock.model import Document, Operation, Pending, Problem, Recognition
from penstock.spool import Spool
from penstock.testing import Scripted
from pipelines import load_double


def walk(source, tmp_path) -> list[Document | Problem]:
    """Walk a source, and return what it finds before it ends or raises."""
    arguments = {"spool": Spool(tmp_path / "spool"), "show_status": lambda text: None}
    wanted = source.find_documents.__code__.co_varnames
    found = []
    with contextlib.suppress(ZeroDivisionError):
        found.extend(source.find_documents(**{k: v for k, v in arguments.items() if k in wanted}))
    return found


@pytest.mark.parametrize(
    ("name", "option"), [("Raising", "picture"), ("Stills", "pictures"), ("Live", "pictures")]
)
def test_sources_that_find_documents_once_are_exhausted_by_one_walk(name, option, draw, tmp_path):
    cls = vars(load_double(f"sources:{name}"))[name]
    picture = draw("a.png")
    source = cls(**{option: [picture] if option == "pictures" else picture})
    assert len(walk(source, tmp_path)) == 1
    assert walk(source, tmp_path) == []


def test_vanishing_deletes_its_first_picture(draw, tmp_path):
    first, second = draw("a.png"), draw("b.png")
    assert len(walk(load_double("sources:Vanishing").Vanishing([first, second]), tmp_path)) == 2
    assert not first.exists()
    assert second.exists()


def test_sitting_waits_until_it_is_stopped(draw, tmp_path):
    source = load_double("sources:Sitting").Sitting(draw("a.png"))
    assert not source.request_stop()  # it is not being walked
    source = load_double("sources:Sitting").Sitting(draw("a.png"))
    shown = threading.Event()
    numbers = []

    def take_pages() -> None:
        for document in source.find_documents(lambda text: shown.set()):
            numbers.extend(page.number for page in document.pages)

    thread = threading.Thread(target=take_pages)
    thread.start()
    assert shown.wait(30)
    assert source.request_stop()
    thread.join(30)
    assert numbers == [1]


def test_many_pages_have_different_page_indexes(draw, tmp_path):
    (document,) = walk(load_double("sources:Many").Many(draw("a.png"), 3), tmp_path)
    assert [page.picture.page_index for page in document.pages] == [1, 2, 3]


@pytest.mark.parametrize("kind", ["Recognizer", "Sink", "Transform", "Observer"])
def test_hanging_components_hang_until_they_are_released(kind, draw):
    component = vars(load_double(f"hanging:{kind}"))[kind]()
    (page,) = find_pages(draw("a.png"), "a.png")
    document = Document("a", "a.png", [page])
    call = {
        "Recognizer": lambda: component.submit(page),
        "Sink": lambda: component.write(document, None),
        "Transform": lambda: component.prepare(page),
        "Observer": lambda: component.document_found(document),
    }[kind]
    thread = threading.Thread(target=call)
    thread.start()
    thread.join(0.05)
    assert thread.is_alive()
    component.release.set()
    thread.join(30)
    assert not thread.is_alive()


def test_choosy_refuses_only_the_named_pages(draw):
    transform = load_double("transforms:Choosy").Choosy(["a"])
    (page,) = find_pages(draw("b.png"), "b.png")
    assert transform.prepare(page) is page
    (page,) = find_pages(draw("a.png"), "a.png")
    with pytest.raises(PictureError):
        transform.prepare(page)


def test_opening_refuses_a_picture_that_cannot_be_opened(draw):
    picture = draw("a.png")
    (page,) = find_pages(picture, "a.png")
    picture.write_bytes(picture.read_bytes()[:60])
    with pytest.raises(PictureError):
        load_double("opening:Opening").Opening().submit(page)


def test_scripted_follows_its_script(draw):
    script = {"a": ["again:3", "operation", "pending:2", "read"], "b": ["refuse"], "c": ["decline"]}
    recognizer = Scripted(script, durable=True)
    a, b, c, d = (next(find_pages(draw(f"{name}.png"), f"{name}.png")) for name in "abcd")
    with pytest.raises(TryAgain) as raised:
        recognizer.submit(a)
    assert raised.value.retry_after == 3
    operation = recognizer.submit(a)
    assert operation == Operation({"origin": "a.png"}, durable=True)
    assert recognizer.poll(operation) == Pending(2)
    assert recognizer.poll(operation).text == "a read"
    with pytest.raises(PageRefused):
        recognizer.submit(b)
    assert recognizer.submit(c) is None
    assert isinstance(recognizer.poll(recognizer.submit(d)), Recognition)
