"""The routes on a real workspace, asked as a browser asks them."""

import numpy as np
import pyarrow as pa
import pytest
import scipy.stats
from starlette.applications import Starlette
from starlette.testclient import TestClient

from eudscore import locations
from eudscore.entropy.hashes import hash_column
from eudscore.records import Card, Corpus, Roles
from eudscore.selection.order import draw_order, hash_order
from eudscore.selection.request import SelectionRequest, Strategy
from eudscore.store.workspace import CorpusRef, Workspace
from eudscore.ui import routes, selection_routes, serving
from eudscore.ui.quoting import in_utf16
from eudscore.workflow.profiling import find_near_duplicates

TEXTS = ["good", "", "  \t", None, "bad " * 1000, "</script><b>"]
VALUES = np.array([3, 1, np.nan, 1, 2, np.inf - np.inf], dtype=np.float32)
LAYOUT = np.arange(12, dtype=np.float32).reshape(6, 2)
FAMILY = "00ff00ff00ff00ff"
KEY = "0123456789abcdef"


@pytest.fixture
def workspace(tmp_path, monkeypatch):
    monkeypatch.setenv("EUDSCORE_WORKSPACE", str(tmp_path))
    return Workspace(tmp_path)


@pytest.fixture
def ref(workspace):
    labels = np.array([1, 0, -1, 0, 1, 0])
    corpus = Corpus("six", "test", pa.table({"text": TEXTS}), Roles("text"), ("no", "yes"), labels)
    ref = workspace.keep_corpus(corpus)
    workspace.keep_family(ref.id, FAMILY, [Card("igse", "test")], {"igse": VALUES})
    workspace.keep_layout(ref.id, Card("layout", "test"), LAYOUT)
    return ref


@pytest.fixture
def client(workspace):
    return TestClient(Starlette(routes=routes.ROUTES), base_url="http://127.0.0.1")


def numbers(client, url, kind):
    answer = client.get(url)
    assert answer.status_code == 200
    assert "immutable" in answer.headers["cache-control"]
    assert "access-control-allow-origin" not in answer.headers
    return np.frombuffer(answer.content, dtype=kind)


def test_columns_come_back_bit_for_bit(client, ref):
    np.testing.assert_array_equal(numbers(client, routes.column_url(ref.id, FAMILY, "igse"), "<f4"), VALUES)


def test_quantiles_are_mid_ranks_of_the_values_that_are_there(client, ref):
    there = np.isfinite(VALUES)
    expected = np.full(6, np.nan, dtype=np.float32)
    expected[there] = (scipy.stats.rankdata(VALUES[there]) - 0.5) / there.sum()
    got = numbers(client, routes.quantiles_url(ref.id, FAMILY, "igse"), "<f4")
    np.testing.assert_allclose(got, expected, rtol=1e-6)


def test_layout_is_pairs(client, ref, workspace):
    key = workspace.layouts(ref.id)[0][0]
    got = numbers(client, routes.points_url(ref.id, key), "<f4")
    np.testing.assert_array_equal(got.reshape(-1, 2), LAYOUT)


def test_labels_mark_the_unlabelled(client, ref):
    assert numbers(client, routes.labels_url(ref), "<i4").tolist() == [1, 0, -1, 0, 1, 0]


@pytest.mark.parametrize("seed", [0, 7])
def test_order_is_the_selections_own(client, ref, seed):
    assert numbers(client, routes.order_url(ref, seed), "<u4").tolist() == hash_order(6, seed).tolist()


def test_a_row_without_a_readable_character_is_not_eligible(client, ref):
    assert numbers(client, routes.eligible_url(ref), "u1").tolist() == [1, 0, 0, 0, 1, 1]


def test_a_row_tells_its_text_label_and_the_values_asked_for(client, ref):
    asked = {"value": [f"{FAMILY}/igse"]}
    assert client.get(routes.row_url(ref) + "0", params=asked).json() == {
        "row": 0, "text": "good", "label": "yes", "values": [3.0], "matches": [],
    }  # fmt: skip
    assert client.get(routes.row_url(ref) + "2", params=asked).json()["values"] == [None]
    assert client.get(routes.row_url(ref) + "2").json()["label"] is None
    assert client.get(routes.row_url(ref) + "5").json()["text"] == "</script><b>"
    assert client.get(routes.row_url(ref) + "0", params={"value": "../../etc/passwd"}).status_code == 404


def test_a_row_tells_where_it_holds_the_words_as_browsers_count(client, ref):
    assert client.get(routes.row_url(ref) + "0", params={"words": "OO"}).json()["matches"] == [[1, 3]]
    assert in_utf16("\N{GRINNING FACE}ab", 2) == 3


def test_codes_come_with_the_axis_that_they_lie_on(client, ref):
    content = client.get(routes.codes_url(ref.id, FAMILY, "igse")).content
    lo, hi, whole, least, most = np.frombuffer(content[:40], dtype="<f8")
    codes = np.frombuffer(content[40:], dtype="<u2")
    assert (lo, hi, whole, least, most) == (0.5, 3.5, 1.0, 1.0, 3.0)
    there = np.isfinite(VALUES)
    np.testing.assert_allclose(lo + codes[there] / 65534 * (hi - lo), VALUES[there], atol=1e-4)
    assert (codes[~there] == 65535).all()


def test_found_rows_are_a_bit_each(client, ref):
    answer = client.get(routes.found_url(ref), params={"words": "good"})
    assert np.unpackbits(np.frombuffer(answer.content, np.uint8), bitorder="little")[:6].tolist() == [1, 0, 0, 0, 0, 0]


def test_a_search_for_likeness_says_how_alike_its_rows_are(client, workspace, ref):
    assert "eudscore-alike" not in client.get(routes.found_url(ref), params={"words": "good"}).headers
    turns = np.array([0, np.nan, np.nan, 0.2, 0.5, 1.0])
    vectors = np.stack([np.cos(turns), np.sin(turns)], axis=1).astype(np.float32)
    card = Card("vectors", "test", dtype="float32")
    workspace.keep("vectors", ref.id, card.key, {"cards": [card.to_json()]}, {"vectors": vectors})
    answer = client.get(routes.found_url(ref), params={"like": "0", "most": "2"})
    found = np.unpackbits(np.frombuffer(answer.content, np.uint8), bitorder="little")[:6]
    assert found.tolist() == [1, 0, 0, 1, 1, 0]
    assert answer.headers["eudscore-alike"] == "2 0.98 0.87"  # cos 0.2 and cos 0.5, cut; the row itself is not counted


@pytest.mark.parametrize(
    ("asked", "status"),
    [
        ({}, 400),
        ({"words": " "}, 400),
        ({"words": '"'}, 400),
        ({"meaning": "good"}, 400),
        ({"like": "1"}, 400),
        ({"like": "x"}, 404),
        ({"words": "x" * 400}, 400),
    ],
)
def test_a_search_that_finds_nothing_to_do_is_told(client, ref, asked, status):
    answer = client.get(routes.found_url(ref), params=asked)
    assert answer.status_code == status
    assert answer.json()["error"].endswith(".")


def test_a_long_text_is_cut_and_says_so(client, ref):
    text = client.get(routes.row_url(ref) + "4").json()["text"]
    assert len(text) == 2001
    assert text.endswith("…")


@pytest.mark.parametrize(
    ("path", "sentence"),
    [
        ("row/{ref}/6", "There is no row 6: six has 6 rows."),
        ("row/{ref}/-1", "The row is '-1', not a whole number: reload the page."),
        ("row/{ref}/1e3", "The row is '1e3', not a whole number: reload the page."),
        ("order/{ref}?seed=x", "The seed is 'x', not a whole number: reload the page."),
        ("labels/nothing", "'nothing' is no data set of a workspace: choose one on the Data page."),
        ("column/{ref.id}/00ff00ff00ff00ff/other", "The workspace has no other under"),
        ("column/{ref.id}/..%2f..%2f/igse", None),
        ("column/{ref.id}/00ff00ff00ff00ff/..", None),
        ("points/{ref.id}/0000000000000000", "The workspace has no layout under"),
        ("static/0000/explorer.js", "There is no 'explorer.js' in this version of eudscore: reload the page."),
        ("fonts/OFL.txt", "eudscore has no font 'OFL.txt'."),
    ],
)
def test_what_is_not_there_gets_one_sentence_and_is_not_kept(client, ref, path, sentence):
    answer = client.get(f"/eudscore/{path.format(ref=ref)}")
    assert answer.status_code == 404
    if sentence:
        assert answer.json()["error"].startswith(sentence)
        assert answer.headers["cache-control"] == "no-store"


def test_an_unknown_data_set_is_not_found(client, workspace):
    gone = CorpusRef("0" * 16, "1" * 16)
    assert f"has no data set {gone}" in client.get(routes.labels_url(gone)).json()["error"]


def test_scripts_and_fonts_are_served_by_name_alone(client):
    assert client.get(routes.script_url("explorer.js")).headers["content-type"].startswith("text/javascript")
    assert client.get(routes.script_url("explorer.css")).headers["content-type"].startswith("text/css")
    font = client.get("/eudscore/fonts/inter-latin-wght-normal.woff2")
    assert font.headers["content-type"] == "font/woff2"
    for name in ("..%2Fstyle.css", "%2e%2e%2fstyle.css", "missing.js"):
        assert client.get(routes.script_url(name)).status_code == 404


def test_every_module_the_front_end_imports_is_served(client):
    scripts = list((locations.assets() / "map").glob("*.js"))
    assert len(scripts) > 5
    for script in scripts:
        for line in script.read_text(encoding="utf-8").splitlines():
            if line.startswith("import") or line.startswith("} from"):
                name = line.split('"')[1].removeprefix("./")
                assert client.get(routes.script_url(name)).status_code == 200, (script.name, name)


@pytest.mark.parametrize(
    ("address", "allowed", "host", "status"),
    [
        ("127.0.0.1", [], "127.0.0.1:8501", 200),
        ("127.0.0.1", [], "localhost:8501", 200),
        ("127.0.0.1", [], "[::1]:8501", 200),
        ("localhost", [], "evil.example:8501", 403),
        ("127.0.0.1", [], "127.0.0.1.evil.example", 403),
        ("127.0.0.1", ["app.example"], "app.example", 200),
        ("0.0.0.0", [], "app.example", 200),
        ("0.0.0.0", ["app.example"], "other.example", 403),
        (None, [], "192.168.1.7:8501", 200),
    ],
)
def test_a_private_server_answers_only_to_its_own_names(monkeypatch, ref, address, allowed, host, status):
    options = {"server.address": address, "server.allowedHosts": allowed}
    monkeypatch.setattr(serving.config, "get_option", options.__getitem__)
    client = TestClient(Starlette(routes=routes.ROUTES), base_url=f"http://{host}")
    answer = client.get(routes.row_url(ref) + "0")
    assert answer.status_code == status
    if status == 403:
        assert answer.json()["error"].startswith("This server does not answer to the name")


def test_draw_order_is_that_of_the_texts(client, ref, workspace):
    corpus = workspace.corpus(ref)
    drawn = numbers(client, selection_routes.draw_url(ref, 3), "<u4")
    expected = draw_order(hash_column(corpus.text_column), corpus.labels, 3)
    np.testing.assert_array_equal(drawn, expected)


def test_a_kept_ranking_comes_back_with_a_code_for_each_reason(client, ref, workspace):
    withheld = {"outlier": np.array([2]), "near-duplicate": np.array([5, 1])}
    workspace.keep_ranking(ref.id, KEY, {"notes": [], "balance": "proportional"}, np.array([4, 0, 3]), withheld)
    assert numbers(client, selection_routes.ranking_url(ref, KEY), "<u4").tolist() == [4, 0, 3]
    assert numbers(client, selection_routes.withheld_url(ref, KEY), "u1").tolist() == [0, 2, 1, 0, 0, 2]
    for made in (selection_routes.ranking_url, selection_routes.withheld_url):
        answer = client.get(made(ref, "ab" * 8))
        assert answer.status_code == 404
        assert "no ranking" in answer.json()["error"]


def test_a_live_ranking_is_made_when_it_is_asked_for(client, ref):
    request = SelectionRequest(1, "igse", Strategy.CCS)
    ranked = numbers(client, selection_routes.live_ranking_url(ref, KEY, request), "<u4")
    assert set(ranked.tolist()) <= {0, 4}
    slow = SelectionRequest(1, "igse", Strategy.KCENTER)
    assert client.get(selection_routes.live_ranking_url(ref, KEY, slow)).status_code == 404


def test_groups_come_only_where_they_were_looked_for(client, ref, workspace):
    assert client.get(selection_routes.groups_url(ref)).status_code == 404
    groups = find_near_duplicates(workspace, ref)
    np.testing.assert_array_equal(numbers(client, selection_routes.groups_url(ref), "<i4"), groups)
    assert client.get(selection_routes.clusters_url(ref, "ab" * 8)).status_code == 404
