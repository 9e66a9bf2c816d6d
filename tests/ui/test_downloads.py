"""Links to files, asked for as a browser asks for them while pages come and go."""

import asyncio
import gc
import re
from concurrent.futures import ThreadPoolExecutor
from html import unescape
from threading import Event, Thread

import httpx
import pytest
from starlette.applications import Starlette
from starlette.testclient import TestClient
from streamlit.testing.v1 import AppTest

from eudscore import locations
from eudscore.errors import WorkspaceError
from eudscore.ui import downloads, routes

CLOSED = "The page that offered this file is closed: reload it."
GONE = "The page does not offer this file any more: look at what it shows now."


def page():
    import streamlit as st

    from eudscore.ui.downloads import download, drawing, hear

    with drawing():
        hear(st.session_state.get("told"))
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
        app.session_state["told"] = {"revision": revision, "by": "no such column"}
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


@pytest.mark.parametrize("told", [None, "7", 7, [7], {"revision": "7"}, {"revision": None}, {"at": 7}])
def test_a_word_that_is_lost_is_told_after_a_while(client, monkeypatch, told):
    monkeypatch.setattr(downloads, "_UNHEARD", 0.3)
    app = shown({"a": lambda: "old"})
    (address,) = addresses(app)
    app.session_state["told"] = told
    app.run()
    answer = client.get(f"{address}&after=7")
    assert (answer.status_code, answer.json()["error"]) == (404, "What was set last has not come here: set it again.")
    assert client.get(address).text == "old"


def test_a_look_waits_as_the_file_does_and_makes_nothing(client):
    made = []
    app = shown({"a": lambda: made.append(1) or "content"})
    (address,) = addresses(app)
    answer = client.get(f"{address}&look")
    assert (answer.status_code, answer.json(), made) == (200, {}, [])
    answer = client.get(f"{address}&look&after=x")
    assert answer.json()["error"] == "The revision is 'x', not a whole number: reload the page."


def test_a_run_that_gave_way_and_works_on_offers_nothing_and_ends_nothing(client):
    """Streamlit begins the next run in another thread and does not wait for the one that it told to stop."""

    def slow():
        import streamlit as st

        from eudscore.ui.downloads import download, drawing

        with drawing():
            begun, go, name = st.session_state["runs"].pop(0)
            begun.set()
            assert go.wait(60)
            with drawing():
                download("a", lambda: name, key="a", file_name="a", mime="text/plain")

    runs = [(Event(), Event(), name) for name in ("whole", "gave way", "last")]
    runs[0][1].set()
    app = AppTest.from_function(slow, default_timeout=60)
    app.session_state["runs"] = list(runs)
    (address,) = addresses(app.run())
    threads, answers = [], []
    for begun, _, _ in runs[1:]:
        threads.append(Thread(target=app.run))
        threads[-1].start()
        assert begun.wait(60)
    press = Thread(target=lambda: answers.append(client.get(address)))
    press.start()
    runs[1][1].set()
    threads[0].join(60)
    press.join(0.5)
    assert answers == []
    runs[2][1].set()
    press.join(60)
    threads[1].join(60)
    assert [answer.text for answer in answers] == ["last"]


def test_many_who_wait_keep_no_thread_from_others(client):
    app = shown({"a": lambda: "content"})
    (address,) = addresses(app)
    (font,) = (locations.assets() / "fonts").glob("*.woff2")

    async def asked():
        transport = httpx.ASGITransport(app=client.app)
        async with httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1", timeout=60) as many:
            waiting = [asyncio.create_task(many.get(f"{address}&after=7")) for _ in range(60)]
            await asyncio.sleep(0.3)
            between = await many.get(f"/eudscore/fonts/{font.name}")
            assert not any(one.done() for one in waiting)
            app.session_state["told"] = {"revision": 7}
            await asyncio.to_thread(app.run)
            return between, await asyncio.gather(*waiting)

    with ThreadPoolExecutor(1) as apart:  # this thread may have a loop already, a browser's
        between, answers = apart.submit(lambda: asyncio.run(asked())).result()
    assert between.content == font.read_bytes()
    assert {answer.text for answer in answers} == {"content"}


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

    def gone():
        raise FileNotFoundError(2, "No such file or directory", "/tmp/results.json")

    first, second = addresses(shown({"a": damaged, "b": gone}))
    answer = client.get(first)
    assert (answer.status_code, answer.json()["error"]) == (404, "columns/x is damaged.")
    answer = client.get(second)
    told = "b.txt cannot be made (No such file or directory): reload the page."
    assert (answer.status_code, answer.json()["error"]) == (404, told)
