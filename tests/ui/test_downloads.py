"""Links to files, asked for as a browser asks for them while pages come and go."""

import gc
import re
from html import unescape
from threading import Event, Thread

import pytest
from starlette.applications import Starlette
from starlette.testclient import TestClient
from streamlit.testing.v1 import AppTest

from eudscore.errors import WorkspaceError
from eudscore.ui import downloads, routes

CLOSED = "The page that offered this file is closed: open it again."
GONE = "The page does not offer this file any more: look at what it shows now."


def page():
    import streamlit as st

    from eudscore.ui.downloads import download, drawing, hear

    with drawing():
        hear(st.session_state.get("revision", 0))
        if waits := st.session_state.get("waits"):
            waits[0].set()
            assert waits[1].wait(60)
        for name, make in st.session_state["files"].items():
            download(f"<{name}>", make, key=name, file_name=f"{name}.txt", mime="text/plain")


@pytest.fixture
def client():
    return TestClient(Starlette(routes=routes.ROUTES), base_url="http://127.0.0.1")


def shown(files):
    app = AppTest.from_function(page, default_timeout=60)
    app.session_state["files"] = files
    return app.run()


def addresses(app):
    assert not app.exception
    return [unescape(found) for element in app.get("html") for found in re.findall('href="(.*?)"', element.proto.body)]


def test_a_link_brings_what_is_made_when_it_is_asked_for(client):
    made = []
    app = shown({"a": lambda: made.append(1) or "grüße", "b": lambda: b"\0\1"})
    first, second = addresses(app)
    assert made == []
    answer = client.get(first)
    assert (answer.status_code, answer.content.decode()) == (200, "grüße")
    assert answer.headers["content-disposition"] == "attachment; filename*=UTF-8''a.txt"
    assert (answer.headers["cache-control"], answer.headers["x-content-type-options"]) == ("no-store", "nosniff")
    assert client.get(second).content == b"\0\1"
    assert made == [1]


@pytest.mark.parametrize("name", ["a/b", "..", "50% & more?", "#1 'x' \"y\"", "<b>", "名前"])
def test_every_name_is_found_again_and_shown_letter_by_letter(client, name):
    app = shown({name: lambda: "content"})
    (address,) = addresses(app)
    assert client.get(address).text == "content"
    (element,) = app.get("html")
    assert "<b>" not in element.proto.body


def test_an_address_stays_and_brings_what_was_drawn_last(client):
    app = shown({"a": lambda: "old"})
    (before,) = addresses(app)
    app.session_state["files"] = {"a": lambda: "new"}
    assert addresses(app.run()) == [before]
    assert client.get(before).text == "new"


def test_what_is_asked_for_while_the_page_is_drawn_waits_for_its_end(client):
    app = shown({"a": lambda: "old"})
    (address,) = addresses(app)
    drawing, go = Event(), Event()
    app.session_state["files"] = {"a": lambda: "new"}
    app.session_state["waits"] = (drawing, go)
    run, answers = Thread(target=app.run), []
    run.start()
    assert drawing.wait(60)
    press = Thread(target=lambda: answers.append(client.get(address)))
    press.start()
    press.join(0.5)
    assert answers == []
    go.set()
    press.join(60)
    run.join(60)
    assert [answer.text for answer in answers] == ["new"]


def test_a_link_that_was_pressed_after_a_word_waits_until_that_is_heard(client):
    app, answers = shown({"a": lambda: "old"}), []
    (address,) = addresses(app)
    press = Thread(target=lambda: answers.append(client.get(f"{address}&after=7")))
    press.start()
    for revision, content in ((6, "older"), (7, "new"), (3, "new")):
        press.join(0.5)
        assert answers == [] or revision == 3
        app.session_state["files"] = {"a": lambda content=content: content}
        app.session_state["revision"] = revision
        app.run()
    press.join(60)
    assert [answer.text for answer in answers] == ["new"]
    assert client.get(f"{address}&after=7").text == "new"  # what was heard stays heard
    assert client.get(f"{address}&after=x").status_code == 404


def test_a_run_that_gave_way_to_the_next_one_takes_nothing_away(client):
    app, answers = shown({"a": lambda: "old"}), []
    (address,) = addresses(app)
    app.session_state["files"] = {}
    app.run()
    press = Thread(target=lambda: answers.append(client.get(address)))
    press.start()
    press.join(0.5)
    app.session_state["files"] = {"a": lambda: "new"}
    app.run()
    press.join(60)
    assert [answer.text for answer in answers] == ["new"]


def test_a_part_of_a_page_is_drawn_alone_or_with_the_whole(client):
    def nested():
        import streamlit as st

        from eudscore.ui.downloads import download, drawing

        with drawing():
            download("whole", lambda: "whole", key="whole", file_name="a", mime="text/plain")
            with drawing():
                download("part", lambda: "part", key="part", file_name="b", mime="text/plain")
            st.write("done")

    for address in addresses(AppTest.from_function(nested, default_timeout=60).run()):
        assert client.get(address).status_code == 200


def test_a_page_that_is_drawn_without_end_says_so(client, monkeypatch):
    app = shown({"a": lambda: "old"})
    (address,) = addresses(app)
    drawing, go = Event(), Event()
    app.session_state["waits"] = (drawing, go)
    run = Thread(target=app.run)
    run.start()
    assert drawing.wait(60)
    monkeypatch.setattr(downloads, "_PATIENCE", 0.1)
    answer = client.get(address)
    go.set()
    run.join(60)
    assert answer.status_code == 404
    assert answer.json()["error"] == "The page is still being drawn after 0 s: press again when it stands."


def test_what_a_page_does_not_offer_any_more_is_not_brought(client):
    app = shown({"a": lambda: "a", "b": lambda: "b"})
    first, second = addresses(app)
    app.session_state["files"] = {"b": lambda: "b"}
    app.run()
    answer = client.get(first)
    assert (answer.status_code, answer.json()["error"]) == (404, GONE)
    assert client.get(second).text == "b"


def test_files_go_with_their_session_and_belong_to_nobody_else(client):
    app, other = shown({"a": lambda: "mine"}), shown({"a": lambda: "theirs"})
    (mine,), (theirs,) = addresses(app), addresses(other)
    assert mine != theirs
    assert (client.get(mine).text, client.get(theirs).text) == ("mine", "theirs")
    del app
    gc.collect()
    for address in (mine, "/eudscore/file/another?of=a"):
        answer = client.get(address)
        assert (answer.status_code, answer.json()["error"]) == (404, CLOSED)
    assert client.get(theirs).text == "theirs"


def test_a_file_that_cannot_be_made_says_why(client):
    def damaged():
        raise WorkspaceError("columns/x is damaged.")

    (address,) = addresses(shown({"a": damaged}))
    answer = client.get(address)
    assert (answer.status_code, answer.json()["error"]) == (404, "columns/x is damaged.")
