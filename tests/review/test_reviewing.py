"""What was recognized is corrected over HTTP, and stored with the reviewer's name."""

from __future__ import annotations

from doubles.reviewed import served
from penstock.review.reviewing import Reviewing
from penstock.review.sessions import Sessions
from penstock.search import Scope


def test_a_page_is_corrected_over_http(letter, run_tables, told, tmp_path):
    letter("scans/a.tif", "Dear Anma?", "Anma again")
    run_tables(told)
    sessions = Sessions(asks_names=True)
    with Reviewing([Scope(tmp_path / ".penstock")]) as reviewing, served(reviewing, sessions) as server:
        server.get(f"/?token={sessions.token}")
        server.post("/login", data={"name": "Eva"}, allow_redirects=False)
        key = server.get("/api/documents").json()["documents"][0]["key"]
        document = f"/api/documents/{key}"
        page = server.get(f"{document}/pages/1").json()
        (before,) = page["lines"]
        after = {**before, "words": [before["words"][0], {**before["words"][1], "text": "Anna"}]}
        edit = {"kind": "replace", "start": 0, "before": [before], "after": [after]}
        answer = server.post(f"{document}/pages/1/edits", edit)
        assert answer.json()["lines"][0]["text"] == "Dear Anna", answer.text
        refused = server.post(f"{document}/pages/1/edits", edit)
        assert refused.status_code == 409
        assert refused.json()["page"]["lines"][0]["text"] == "Dear Anna"
        assert refused.json()["page"]["reviewer"] == "Eva"
        (change,) = server.get(f"{document}/pages/1/history").json()["edits"]
        assert (change["who"], change["kind"]) == ("Eva", "replace")
        (word,) = server.get(f"{document}/words?text=Anma").json()["words"]
        places = [{name: word[name] for name in ("page", "line", "word")}]
        mended = server.post(
            f"{document}/words", {"text": "Anma", "replacement": "Anna", "words": places}
        ).json()
        assert mended == {"changed": 1, "left": []}
        assert server.post(f"{document}/pages/1/edits", {"kind": "no"}).status_code == 400
        assert server.get(f"/pictures/{key}/2/thumbnail.jpg").status_code == 200
