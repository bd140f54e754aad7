"""Network cameras on loopback: correct ones, and ones that stall, disconnect and send wrong lengths."""

from __future__ import annotations

import base64
import io
import itertools

import cv2
import pytest
from PIL import Image

from camera.footage import FPS, PAGES, Shot, jpeg, pictures, short_sitting, shows, still
from camera.mjpeg_server import CameraServer, Steps
from penstock.model import Document, Problem
from penstock.spool import Spool
from penstock_plugins.sources.camera.address import CameraAddress
from penstock_plugins.sources.camera.source import Camera

pytestmark = pytest.mark.usefixtures("one_thread")


def hold(folder, url, clock=None, **options):
    """Return the documents with their pages, the problems, and the statuses."""
    camera = Camera(CameraAddress(url), **{"warm_up": 0, "max_silence": 20.0, **options})
    if clock:
        camera._clock = clock
    statuses: list[str] = []
    documents, problems = [], []
    for item in camera.find_documents(Spool(folder / "spool"), statuses.append):
        if isinstance(item, Problem):
            problems.append(item)
        else:
            documents.append((item, list(item.pages)))
    return documents, problems, statuses


def jpegs(shots):
    return (cv2.imencode(".jpg", image, [1, 92])[1].tobytes() for image in pictures(shots))


def correct(clock, shots, **more):
    def answer(wire):
        wire.head()
        for content in jpegs(shots):
            clock.send(wire, content, **more)
        wire.raw(b"--frame--\r\n")

    return answer


def shown(page):
    return shows(cv2.imread(str(page.picture.path)))


def test_a_session_yields_exactly_its_pages(tmp_path):
    clock = Steps(FPS)
    with CameraServer(correct(clock, short_sitting())) as server:
        documents, problems, statuses = hold(tmp_path, server.url, clock)
    ((document, pages),) = documents
    assert problems == []
    assert document.name.startswith("camera-20")
    assert [shown(page) for page in pages] == list(PAGES[:2])
    assert [page.number for page in pages] == [1, 2]
    assert all(page.picture.size == page.picture.path.stat().st_size for page in pages)
    assert (pages[0].width, pages[0].height, pages[0].dpi) == (960, 720, None)
    assert statuses[-2:] == ["page 2 taken: turn the page", ""]


@pytest.mark.parametrize("length", [3, 10**8])
def test_wrong_content_lengths_are_ignored(tmp_path, length):
    clock = Steps(FPS)

    def answer(wire):
        wire.head()
        (content,) = set(jpegs([Shot(PAGES[0])]))
        for number in range(20):
            # With a wrong length, a picture is complete when the next one begins.
            wire.part(content, length=length)
            if number:
                clock.wait(wire)

    with CameraServer(answer) as server:
        ((_, pages),), problems, _ = hold(tmp_path, server.url, clock, pages=1)
    assert [shown(page) for page in pages] == [PAGES[0]]
    assert problems == []


def interrupted(clock, how):
    shots = [*still(Shot(PAGES[0]), 1.2), *still(Shot(PAGES[1]), 1.2)]

    def answer(wire):
        headers = {"Content_Length": "999999999"} if how == "cut" else {}
        wire.head(**headers)
        for content in jpegs(shots):
            clock.send(wire, content)
        if how == "within":
            wire.raw(b"--frame\r\nContent-Length: 9999\r\n\r\n\xff\xd8 a picture that")
        elif how == "stall":
            wire.stall()

    return answer


@pytest.mark.parametrize(
    ("how", "why"),
    [
        ("within", "the stream was interrupted within a picture"),
        ("cut", "the stream was interrupted"),
        ("stall", "sent no picture for 2 seconds"),
    ],
)
def test_pages_before_an_interruption_are_a_document(tmp_path, how, why):
    clock = Steps(FPS)
    silence = 2.0 if how == "stall" else 20.0
    with CameraServer(interrupted(clock, how)) as server:
        documents, problems, statuses = hold(tmp_path, server.url, clock, max_silence=silence)
    ((_, pages),) = documents
    assert [shown(page) for page in pages] == list(PAGES[:2])
    assert [problem.why for problem in problems] == [why]
    assert problems[0].what == server.url
    assert problems[0].hint
    assert statuses[-1] == ""


def test_damaged_pictures_are_skipped(tmp_path):
    clock = Steps(FPS)
    good = jpeg(Shot(PAGES[0]))

    def answer(wire):
        wire.head()
        for _ in range(25):
            wire.part(good[: len(good) // 2])
            wire.part(b"no picture at all")
            clock.send(wire, good)

    with CameraServer(answer) as server:
        ((_, pages),), problems, _ = hold(tmp_path, server.url, clock, pages=1)
    assert [shown(page) for page in pages] == [PAGES[0]]
    assert problems == []


def test_a_decompression_bomb_is_refused(tmp_path):
    bomb = io.BytesIO()
    Image.new("L", (8, 8)).save(bomb, "JPEG")
    content = bomb.getvalue()
    size = content.index(b"\xff\xc0") + 5
    content = content[:size] + (60000).to_bytes(2, "big") * 2 + content[size + 4 :]
    with CameraServer(lambda wire: (wire.head(), wire.part(content), wire.stall())) as server:
        documents, problems, _ = hold(tmp_path, server.url)
    assert documents == []
    assert problems[0].why == "sends pictures too large to decode"


@pytest.mark.parametrize(
    ("answer", "why", "hint"),
    [
        (lambda wire: wire.head("text/html"), "sends a web page instead of an MJPEG stream", "manual"),
        (lambda wire: wire.head("image/jpeg"), "sends a single picture instead of an MJPEG stream", "manual"),
        (lambda wire: wire.status(404), "answered with status 404", "check the path"),
        (lambda wire: wire.status(503), "answered with status 503", "close other programs"),
        (
            lambda wire: wire.status(302, Location="http://127.0.0.1:9/"),
            "redirects to another address",
            "browser",
        ),
        (lambda wire: wire.status(401), "answered with status 401", "user and password"),
        (lambda wire: wire.head(), "sent no picture", "camera"),
        (
            lambda wire: (wire.head(), wire.raw(b"<html>" * 9000)),
            "does not send an MJPEG stream",
            "address",
        ),
    ],
)
def test_an_address_without_a_camera_is_a_problem_with_a_hint(tmp_path, answer, why, hint):
    with CameraServer(answer) as server:
        documents, (problem,), _ = hold(tmp_path, server.url)
    assert documents == []
    assert problem.why == why
    assert hint in problem.hint


def test_an_unreachable_camera_is_a_problem_without_its_password(tmp_path):
    with CameraServer(lambda wire: wire.stall()) as server:
        url = f"http://anna:s3cret@{server.host}/video?token=t0ken"
        _, (problem,), _ = hold(tmp_path, url, max_silence=0.2)
    assert problem.why == "cannot be reached"
    assert problem.what == f"http://{server.host}/video?…"
    assert "s3cret" not in str(problem)


@pytest.mark.parametrize("scheme", ["Basic", "Digest"])
def test_the_camera_chooses_the_authentication_scheme(tmp_path, scheme):
    def answer(wire):
        given = wire.headers.get("Authorization", "")
        if not given.startswith(scheme):
            challenge = (
                'Digest realm="camera", nonce="n", qop="auth"'
                if scheme == "Digest"
                else 'Basic realm="camera"'
            )
            wire.status(401, WWW_Authenticate=challenge)
            return
        wire.head()
        wire.part(jpeg(Shot(PAGES[0])))

    with CameraServer(answer) as server:
        url = f"http://anna:p%40ss@{server.host}/video"
        ((_, pages),), problems, _ = hold(tmp_path, url, once=True)
    assert (len(pages), problems) == (1, [])
    assert server.authorizations[0] == ""
    plain = base64.b64encode(b"anna:p@ss").decode()
    assert (f"Basic {plain}" in server.authorizations) == (scheme == "Basic")


def test_an_endless_stream_is_closed_at_the_end_of_the_session(tmp_path):
    def answer(wire):
        wire.head()
        for number in itertools.count():
            clock.send(wire, jpeg(Shot(PAGES[0]), number))

    clock = Steps(FPS)
    with CameraServer(answer) as server:
        camera = Camera(CameraAddress(server.url), warm_up=0)
        camera._clock = clock
        (document,) = camera.find_documents(
            Spool(tmp_path), lambda text: "taken" in text and camera.request_stop()
        )
        assert isinstance(document, Document)
        assert not camera.request_stop()


def test_a_session_ended_before_its_first_page_is_not_a_problem(tmp_path):
    with CameraServer(lambda wire: (wire.head(), wire.part(jpeg(Shot())), wire.stall())) as server:
        camera = Camera(CameraAddress(server.url), warm_up=0)
        items = camera.find_documents(Spool(tmp_path), lambda text: text and camera.request_stop())
        assert list(items) == []


def test_pictures_are_taken_at_intervals_after_the_warm_up(tmp_path):
    clock = Steps(FPS)

    def answer(wire):
        wire.head()
        for number in range(39):
            content = jpeg(Shot(PAGES[number % 4]))
            wire.part(content)
            if number >= 3:
                clock.wait(wire)

    with CameraServer(answer) as server:
        ((_, pages),), problems, statuses = hold(tmp_path, server.url, clock, every=1.0, warm_up=3)
    assert problems == []
    assert [shown(page) for page in pages] == [PAGES[(3 + 12 * number) % 4] for number in range(3)]
    assert statuses == ["page 1 taken", "page 2 taken", "page 3 taken", ""]
