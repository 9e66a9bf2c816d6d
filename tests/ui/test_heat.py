"""The strip: readable on every colour, true to the text, and never more than text."""

import html
import math
import re
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from html.parser import HTMLParser
from itertools import pairwise
from pathlib import Path

import pytest
import streamlit as st
from hypothesis import given
from hypothesis import strategies as some
from streamlit.testing.v1 import AppTest

from eudscore import locations
from eudscore.errors import EudscoreError
from eudscore.ui import heat, theme
from eudscore.workflow.readings import Reading, Token

HOSTILE = "<script>alert('x')</script> & \"quotes\" <img src=x onerror=1>"


def reading_of(text: str, spans: list[tuple[int, int]], word: str = "other") -> Reading:
    tokens = tuple(Token(start, end, 1.5 * i, 0.5 * i, ((word, 0.25),)) for i, (start, end) in enumerate(spans))
    return Reading(tokens, len(tokens), len(tokens), 2.0, 3.0, "a-model", ("A `note`.",))


class Strip(HTMLParser):
    """What a browser would see: the tags, and the text outside the popovers."""

    def __init__(self, content: str) -> None:
        super().__init__(convert_charrefs=True)
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.text, self.more = "", ""
        self._open: list[str | None] = []
        self.feed(content)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))
        self._open.append(dict(attrs).get("class"))

    def handle_endtag(self, tag: str) -> None:
        self._open.pop()

    def handle_data(self, data: str) -> None:
        if any("eud-token-more" in (name or "") for name in self._open):
            self.more += data
        else:
            self.text += data


# Colours


def linear(part: float) -> float:
    return part / 12.92 if part <= 0.03928 else ((part + 0.055) / 1.055) ** 2.4


def contrast(one: str, other: str) -> float:
    def luminance(colour: str) -> float:
        red, green, blue = (linear(int(colour[i : i + 2], 16) / 255) for i in (1, 3, 5))
        return 0.2126 * red + 0.7152 * green + 0.0722 * blue

    brighter, darker = sorted((luminance(one), luminance(other)), reverse=True)
    return (brighter + 0.05) / (darker + 0.05)


@pytest.mark.parametrize("colour", sorted({*theme.LIGHT.scale, *theme.DARK.scale}))
def test_text_is_readable_on_every_colour_of_the_scale(colour: str) -> None:
    assert contrast(heat.ink_on(colour), colour) >= 4.5


@given(some.integers(0, 0xFFFFFF))
def test_text_is_readable_on_any_colour(number: int) -> None:
    colour = f"#{number:06X}"
    assert contrast(heat.ink_on(colour), colour) >= 4.5
    assert contrast(heat.ink_on(colour), colour) == max(contrast(ink, colour) for ink in ("#000000", "#FFFFFF"))


def test_every_level_has_its_colours_in_both_themes_and_its_rule() -> None:
    variables = heat._variables()
    for level in range(heat.LEVELS):
        light, dark = theme.LIGHT.scale[level], theme.DARK.scale[level]
        assert f"--heat-{level}:light-dark({light},{dark});" in variables
    css = (locations.assets() / "style.css").read_text(encoding="utf-8")
    if ".eud-heat-0" not in css:
        pytest.skip("the style sheet has no rules for the strip yet")
    for level in range(heat.LEVELS):
        assert re.search(
            rf"\.eud-heat-{level} {{ color: var\(--ink-{level}\); background: var\(--heat-{level}\); }}", css
        )


@pytest.mark.parametrize(
    ("value", "level"), [(0.0, 0), (0.99, 0), (1.0, 1), (8.5, 8), (9.0, 9), (40.0, 9), (math.inf, 9), (math.nan, None)]
)
def test_a_level_is_a_nat(value: float, level: int | None) -> None:
    if math.isinf(value):
        value = 1e9
    assert heat.level_of(value) == level


# Text


@given(some.text(max_size=30), some.data())
def test_the_strip_shows_the_text_and_nothing_but_spans(text: str, data: some.DataObject) -> None:
    cuts = sorted(data.draw(some.lists(some.integers(0, len(text)), max_size=8)))
    spans = list(pairwise(cuts))
    seen = Strip(heat.tokens_html(text, reading_of(text, spans, word=text), "Surprisal"))
    assert {tag for tag, _ in seen.tags} <= {"p", "span", "b"}
    assert all(set(attributes) <= {"class", "tabindex", "role"} for _, attributes in seen.tags)
    shown = "".join(heat._SEEN.get(c, c) for c in text.encode("utf-8", "replace").decode())
    assert seen.text.replace("·", "") == (shown.replace("·", "") or "(empty)" * (not spans))


@pytest.mark.parametrize("text", [HOSTILE, "\ud800 half", "\x00\x1b[31m", "a\n\tb", "\u202eevil"])
def test_hostile_and_odd_texts_stay_text(text: str) -> None:
    reading = reading_of(text, [(0, 3), (3, len(text))], word=text)
    content = heat.tokens_html(text, reading, "Entropy")
    content.encode()
    assert "<script" not in content
    assert "<img" not in content
    assert not re.search(r"[\x00-\x08\x0b-\x1f\u202e]", content)


def test_the_tokens_of_one_character_are_shown_once_and_told_each() -> None:
    seen = Strip(heat.tokens_html("a😀b", reading_of("a😀b", [(0, 1), (1, 2), (1, 2), (2, 3)]), "Surprisal"))
    assert seen.text == "a😀·b"
    assert seen.more.count("😀") == 2


def test_a_token_tells_its_numbers_under_pointer_and_focus() -> None:
    content = heat.tokens_html("the end", reading_of("the end", [(0, 3), (3, 7)], word=" next"), "Surprisal")
    seen = Strip(content)
    tokens = [attributes for _, attributes in seen.tags if "eud-token " in f"{attributes.get('class')} "]
    assert [token["class"] for token in tokens] == ["eud-token eud-heat-0", "eud-token eud-heat-1"]
    assert all(token["tabindex"] == "0" for token in tokens)
    assert "␣end surprisal 1.50, entropy 0.50 nats␣next 25%" in seen.more


def test_the_switch_changes_what_the_colours_stand_for() -> None:
    reading = Reading((Token(0, 1, 8.2, 2.7, ()),), 1, 1, 2.7, 8.2, "m", ())
    assert "eud-heat-8" in heat.tokens_html("x", reading, "Surprisal")
    assert "eud-heat-2" in heat.tokens_html("x", reading, "Entropy")


def test_a_token_without_a_prediction_has_no_colour() -> None:
    reading = Reading((Token(0, 1, math.nan, math.nan, ()),), 1, 0, math.nan, math.nan, "m", ())
    content = heat.tokens_html("x", reading, "Surprisal")
    assert "eud-heat" not in content
    assert "nothing is foreseen" in content


def test_what_was_not_read_follows_muted_and_cut() -> None:
    text = "x" * 5000
    seen = Strip(heat.tokens_html(text, reading_of(text, [(0, 10)]), "Surprisal"))
    assert seen.text == "x" * 2010 + "…"
    assert any(attributes.get("class") == "eud-token-unread" for _, attributes in seen.tags)


def test_the_legend_says_its_scale() -> None:
    content = heat.legend("<b>3</b> nats")
    assert "9+ nats" in content
    assert html.escape("<b>3</b> nats") in content
    assert content.count("<i class=") == heat.LEVELS


# In the app


SCRIPT = """
from eudscore.ui import heat, state
heat.strip(state.opened(), 0)
"""


@pytest.fixture
def strip_app(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[Callable[[], AppTest]]:
    import numpy as np
    import pyarrow as pa

    from eudscore.records import Corpus, Roles
    from eudscore.store.workspace import Workspace

    monkeypatch.setenv("EUDSCORE_WORKSPACE", str(tmp_path / "ws"))
    st.cache_resource.clear()
    table = pa.table({"text": [f"the end {HOSTILE}"]})
    Workspace(tmp_path / "ws").keep_corpus(
        Corpus("one", "one.csv", table, Roles("text"), (), np.full(1, -1, dtype=np.int64))
    )
    heat._asked.clear()
    yield lambda: AppTest.from_string(SCRIPT, default_timeout=30)
    heat._asked.clear()


def bodies(app: AppTest) -> str:
    return "".join(str(element.proto.body) for element in app.get("html"))


def answered() -> None:
    for asked in heat._asked.values():
        asked.exception(timeout=30)


def test_without_generative_entropy_a_sentence_says_what_to_do(strip_app: Callable[[], AppTest]) -> None:
    app = strip_app().run()
    assert not app.exception
    assert "Score generative entropy" in bodies(app)


def test_a_sentence_stands_there_until_the_reading_does(
    strip_app: Callable[[], AppTest], monkeypatch: pytest.MonkeyPatch
) -> None:
    go = threading.Event()

    def slow(*_: object) -> Reading:
        go.wait(30)
        return reading_of("the end", [(0, 3), (3, 7)])

    monkeypatch.setattr(heat, "reading_family", lambda *_: "0" * 16)
    monkeypatch.setattr(heat, "readings", slow)
    app = strip_app().run()
    assert "Reading the text with the language model…" in bodies(app)
    assert "eud-token" not in bodies(app)
    go.set()
    answered()
    app.run()
    assert not app.exception
    assert "eud-token eud-heat-1" in bodies(app)
    assert "3 nats a token, mean of 2, under a-model" in bodies(app)
    assert "A <code>note</code>." in bodies(app)
    assert "<script" not in bodies(app)
    app.button_group(key="heat_measure").set_value("Entropy").run()
    assert "2 nats a token" in bodies(app)


def test_what_went_wrong_is_said_and_can_be_tried_again(
    strip_app: Callable[[], AppTest], monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: object) -> Reading:
        raise EudscoreError("The process of the models was ended in the middle: try again.")

    monkeypatch.setattr(heat, "reading_family", lambda *_: "0" * 16)
    monkeypatch.setattr(heat, "readings", broken)
    app = strip_app().run()
    answered()
    app.run()
    assert [error.value for error in app.error] == ["The process of the models was ended in the middle: try again."]
    monkeypatch.setattr(heat, "readings", lambda *_: reading_of("the end", [(0, 3), (3, 7)]))
    app.button(key="heat_again").click().run()
    answered()
    app.run()
    assert not app.error
    assert "eud-token" in bodies(app)


def test_neither_strip_nor_search_loads_a_model_library() -> None:
    loaded = "print(*{name.split('.')[0] for name in sys.modules})"
    code = f"import sys, eudscore.ui.heat, eudscore.workflow.searching\n{loaded}"
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=locations.site()
    )
    assert set(done.stdout.split()).isdisjoint({"torch", "transformers", "umap", "datasets", "sklearn", "numba"})
