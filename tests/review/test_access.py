"""Who may use the review page."""

from __future__ import annotations

import json
import logging

import pytest

from doubles.reviewed import KEY, OnePage, Served, served
from penstock.review.sessions import MAX_WRONG, PERIOD, Sessions

EDITS = f"/api/documents/{KEY}/pages/1/edits"
CORRECT = "correct horse"
EDIT = {"before": "Dear Anna", "after": "Dear Hanna"}


@pytest.fixture(scope="module")
def server():
    with served(OnePage()) as running:
        yield running


@pytest.fixture
def page(server: Served):
    """Return a server whose browser has opened no address yet."""
    server.browser.cookies.clear()
    server.contents.text = "Dear Anna"
    server.contents.calls.clear()
    return server


def test_a_token_is_exchanged_for_a_cookie_and_leaves_the_address(page):
    answer = page.get(f"/documents/{KEY}?token={page.sessions.token}&line=3", allow_redirects=False)
    assert answer.status_code == 303
    assert answer.headers["location"] == f"/documents/{KEY}?line=3"
    cookie = answer.headers["set-cookie"].lower()
    assert "httponly" in cookie
    assert "samesite=strict" in cookie
    assert answer.headers["referrer-policy"] == "no-referrer"
    assert page.get("/api/documents").status_code == 200


def test_no_token_is_logged(page, caplog):
    caplog.set_level(logging.DEBUG, "uvicorn")
    page.enter()
    page.get("/?token=wrong-token")
    page.get("/nothing")
    assert page.sessions.token not in caplog.text
    assert "wrong-token" not in caplog.text


def test_a_browser_without_the_token_gets_nothing(page):
    for path in ("/", f"/documents/{KEY}", "/api/documents", f"/pictures/{KEY}/1/thumbnail.jpg", "/login"):
        assert page.get(path).status_code == 403, path
    assert page.post(EDITS, EDIT).status_code == 403
    assert page.get("/api/documents?token=wrong").status_code == 403
    assert page.get("/api/documents", cookies={"penstock_review": "wrong"}).status_code == 403
    assert not page.contents.calls


def test_the_token_that_other_users_may_see_opens_one_session(page):
    token = page.sessions.token_for_once
    assert page.get(f"/api/documents?token={token}").status_code == 200
    assert page.get(f"/api/documents?token={token}").status_code == 200  # the browser has the cookie
    page.browser.cookies.clear()
    assert page.get(f"/api/documents?token={token}").status_code == 403


@pytest.mark.parametrize(
    "host", ["evil.example", "evil.example:80", "127.0.0.1.evil.example", "", "[", "10.0.0.1"]
)
def test_another_name_of_this_machine_is_refused(page, host):
    page.enter()
    assert page.status_of("/api/documents", host) == 403
    assert page.status_of(f"/?token={page.sessions.token}", host) == 403


def test_names_of_this_machine_are_accepted(page):
    page.enter()
    for host in ("localhost:8000", "LOCALHOST", "[::1]:80", "127.0.0.1"):
        assert page.status_of("/api/documents", host) == 200, host


@pytest.mark.parametrize("site", ["cross-site", "same-site", "none"])
def test_a_change_from_another_site_is_refused(page, site):
    page.enter()
    assert page.post(EDITS, EDIT, headers={"Sec-Fetch-Site": site}).status_code == 403
    assert page.contents.text == "Dear Anna"


@pytest.mark.parametrize("origin", ["https://evil.example", "null", "http://127.0.0.1:1", None])
def test_a_change_from_another_origin_is_refused(page, origin):
    page.enter()
    assert page.post(EDITS, EDIT, origin=origin).status_code == 403
    assert page.contents.text == "Dear Anna"


def test_a_change_from_the_page_itself_is_made(page):
    page.enter()
    assert page.post(EDITS, EDIT).status_code == 200
    assert page.contents.text == "Dear Hanna"
    back = {"before": "Dear Hanna", "after": "Dear Anna"}
    answer = page.post(EDITS, back, origin=None, headers={"Sec-Fetch-Site": "same-origin"})
    assert answer.status_code == 200


def test_a_form_of_another_kind_is_refused(page):
    page.enter()
    kinds = ("text/plain", "application/x-www-form-urlencoded", "multipart/form-data")
    for kind in kinds:
        answer = page.post(EDITS, data=json.dumps(EDIT), headers={"Content-Type": kind})
        assert answer.status_code == 415
    for body in ("[1]", "{", "nan", '{"before": NaN}', "[" * 100_000, b"\xff\xfe"):
        answer = page.post(EDITS, data=body, headers={"Content-Type": "application/json"})
        assert answer.status_code == 400, body[:20]
        assert answer.json()["error"].startswith("the request must be")


def test_a_huge_body_is_refused(page, monkeypatch):
    monkeypatch.setattr("penstock.review.bodies.MAX_JSON", 1000)
    page.enter()
    answer = page.post(EDITS, {"before": "x" * 1000})
    assert answer.status_code == 413
    assert "1,000 bytes" in answer.json()["error"]


def test_every_answer_restricts_what_the_browser_does(page):
    page.enter()
    for path in ("/", "/api/documents", "/nothing", "/static/nothing.js"):
        headers = page.get(path).headers
        assert headers["content-security-policy"].startswith("default-src 'none'; script-src 'self';")
        assert "unsafe" not in headers["content-security-policy"]
        assert headers["x-content-type-options"] == "nosniff"
        assert headers["cross-origin-resource-policy"] == "same-origin"
    assert page.get("/api/documents").headers["cache-control"] == "no-store"


def test_paths_outside_the_page_are_not_served(page):
    page.enter()
    for path in ("/static/../access.py", "/static/%2e%2e/access.py", "/static//etc/passwd", "/../etc/passwd"):
        assert page.status_of(path) == 404, path


@pytest.mark.parametrize("path", ["//evil.example/", "/\\evil.example", "///evil.example"])
def test_a_redirect_stays_on_this_server(page, path):
    location = page.raw(f"{path}?token={page.sessions.token}").headers["location"]
    assert location.startswith("/evil.example")


def test_a_document_out_of_scope_and_odd_numbers_are_not_found(page):
    page.enter()
    for key, number in (("0-6", 1), ("x", 1), (KEY, 2), (KEY, 0), (KEY, "9" * 5000), (KEY, "-1"), (KEY, "१")):
        for path in ("/api/documents/{}/pages/{}", "/pictures/{}/{}/thumbnail.jpg"):
            assert page.get(path.format(key, number)).status_code == 404, (key, number)
    for query in ("limit=x", "limit=1.5", "limit=" + "9" * 30, "limit=-1"):
        assert page.get(f"/api/documents?{query}").status_code == 400, query
    assert page.get("/api/documents?limit=100000").status_code == 200
    assert page.contents.calls[-1] == ("documents", None, 500, "")


def test_text_is_answered_as_text(page):
    page.contents.text = "<script>alert(1)</script>"
    page.enter()
    answer = page.get(f"/api/documents/{KEY}/pages/1")
    assert answer.headers["content-type"] == "application/json"
    assert answer.json()["lines"] == [{"text": "<script>alert(1)</script>"}]
    refused = page.get("/nothing/<script>")
    assert "<script>" not in refused.text


def test_a_page_that_was_changed_meanwhile_is_sent_with_the_refusal(page):
    page.enter()
    answer = page.post(EDITS, {"before": "other", "after": ""})
    assert answer.status_code == 409
    assert answer.json()["page"]["lines"] == [{"text": "Dear Anna"}]


def test_a_team_signs_in_with_name_and_password(clock):
    sessions = Sessions(password=CORRECT, asks_names=True, clock=clock.now)
    with served(OnePage(), sessions, host="127.0.0.1") as page:
        answer = page.get(f"/documents/{KEY}?line=3", allow_redirects=False)
        assert answer.status_code == 303
        login = answer.headers["location"]
        assert page.get("/api/documents").status_code == 403
        form = page.get(login)
        assert 'type="password"' in form.text
        wrong = page.post(login, data={"name": "Anna <b>", "password": "wrong"})
        assert wrong.status_code == 403
        assert "The password is wrong." in wrong.text
        assert "Anna &lt;b&gt;" in wrong.text
        assert page.post(login, data={"name": " ", "password": CORRECT}).status_code == 400
        right = {"name": "Anna\n Müller", "password": CORRECT}
        assert page.post(login, data=right, origin="https://evil.example").status_code == 403
        answer = page.post(login, data=right, allow_redirects=False)
        assert answer.headers["location"] == f"/documents/{KEY}?line=3"
        assert page.get(f"/api/documents/{KEY}/pages/1").json()["reviewer"] == "Anna Müller"
        page.post(EDITS, EDIT).raise_for_status()
        assert page.contents.calls[-1] == ("edit", "Anna Müller")


def test_wrong_passwords_make_wait(clock):
    sessions = Sessions(password=CORRECT, asks_names=True, clock=clock.now)
    with served(OnePage(), sessions, host="127.0.0.1") as page:
        for _ in range(MAX_WRONG):
            assert page.post("/login", data={"name": "Anna", "password": "no"}).status_code == 403
        right = {"name": "Anna", "password": CORRECT}
        answer = page.post("/login", data=right)
        assert answer.status_code == 429
        assert "Wait 60 seconds" in answer.text
        clock.time += PERIOD + 1
        assert page.post("/login", data=right, allow_redirects=False).status_code == 303


def test_a_team_with_a_token_gives_names_only():
    with served(OnePage(), Sessions(asks_names=True), host="127.0.0.1") as page:
        assert page.get("/login").status_code == 403
        form = page.get(f"/?token={page.sessions.token}")
        assert form.url.endswith("/login?next=%2F")
        assert "password" not in form.text
        assert page.post(EDITS, EDIT).status_code == 403
        page.post("/login", data={"name": "Ben"}, allow_redirects=False)
        page.post(EDITS, EDIT).raise_for_status()
        assert page.contents.calls[-1] == ("edit", "Ben")
        assert page.status_of("/api/documents", "10.0.0.1:80") == 200
        assert page.status_of("/api/documents", "evil.example") == 403


def test_half_of_a_character_is_answered(page):
    """A service may have cut a text in the middle of an emoji. UTF-8 cannot hold the rest."""
    page.contents.text = "Dear \ud83d"
    page.enter()
    assert page.get(f"/api/documents/{KEY}/pages/1").json()["lines"] == [{"text": "Dear \ud83d"}]
