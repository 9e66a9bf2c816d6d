"""One text as a strip of tokens, each on the colour of how uncertain the language model was there.

The reading is asked for in the background; until it is there a sentence stands in its place. The numbers of a token
show under the pointer and under the keyboard's focus, by CSS alone. What the text holds is never read as HTML.
"""

import math
import threading
from collections import OrderedDict
from concurrent.futures import Future
from html import escape

import streamlit as st

from eudscore.errors import EudscoreError
from eudscore.models.text import clean
from eudscore.store.workspace import CorpusRef, Workspace
from eudscore.ui import state, theme
from eudscore.ui.quoting import note
from eudscore.ui.state import Opened
from eudscore.workflow.readings import Reading, Token, reading_family, readings

POLL_SECONDS = 0.5
MEASURES = ("Surprisal", "Entropy")
LEVELS = len(theme.LIGHT.scale)  # of a nat each; the last one is open above
_REST = 2000  # characters of the text that follow the tokens
_KEPT = 64
_Key = tuple[str, CorpusRef, int, str]

_asked: "OrderedDict[_Key, Future[Reading]]" = OrderedDict()
_lock = threading.Lock()


def strip(opened: Opened, row: int) -> bool:
    """Draw the tokens of a row with their surprisal or entropy; where that cannot be, say what to do.

    Args:
        opened: the data set.
        row: of it.

    Returns:
        Whether they are drawn.
    """
    held = state.workspace()
    family = reading_family(held, opened.ref)
    if family is None:
        note("Score generative entropy on the Score page, and each token of the text is coloured by it here.")
        return False
    key = (str(held.root), opened.ref, row, family)
    asked = _ask(key)
    if not asked.done():
        st.fragment(_waiting, run_every=POLL_SECONDS)(asked)
        return False
    try:
        reading = asked.result()
    except EudscoreError as error:
        theme.error_box(str(error))
        if st.button("Try again", key="heat_again", icon=":material/refresh:"):
            _forget(key)
            st.rerun()
        return False
    _shown(opened.corpus.texts([row])[0], reading)
    return True


def _ask(key: _Key) -> "Future[Reading]":
    """The reading that was asked for; asks where nobody did."""
    with _lock:
        if key in _asked:
            _asked.move_to_end(key)
            return _asked[key]
        asked = _asked[key] = Future()
        while len(_asked) > _KEPT:
            _asked.popitem(last=False)
    threading.Thread(target=_read, args=(asked, key, state.workspace()), name="heat", daemon=True).start()
    return asked


def _read(asked: "Future[Reading]", key: _Key, held: Workspace) -> None:
    _, ref, row, _ = key
    try:
        asked.set_result(readings(held, ref, row))
    except Exception as error:  # noqa: BLE001 - whoever draws it raises it again, where it is told
        asked.set_exception(error)


def _forget(key: _Key) -> None:
    with _lock:
        _asked.pop(key, None)


def _waiting(asked: "Future[Reading]") -> None:
    if asked.done():
        st.rerun()
    note("Reading the text with the language model…")


@st.fragment
def _shown(text: str, reading: Reading) -> None:
    """The strip with its switch; a change of the switch draws nothing else anew."""
    chosen = st.segmented_control(
        "Colour by", MEASURES, default=MEASURES[0], key="heat_measure", label_visibility="collapsed"
    )
    measure = chosen or MEASURES[0]
    mean = reading.surprisal if measure == "Surprisal" else reading.entropy
    words = f"{theme.number(mean)} nats a token, mean of {reading.scored:,}, under {reading.model}"
    st.html(f'<div class="eud-heat" style="{_variables()}">{legend(words)}{tokens_html(text, reading, measure)}</div>')
    for sentence in reading.notes:
        note(sentence)


def legend(words: str) -> str:
    """The colours from the least to the most uncertain, with their scale, and a sentence beside them."""
    steps = "".join(f'<i class="eud-heat-{level}"></i>' for level in range(LEVELS))
    return (
        f'<div class="eud-heat-legend"><span>0</span><span class="eud-heat-scale">{steps}</span>'
        f"<span>{LEVELS - 1}+ nats</span><span>{escape(words)}</span></div>"
    )


def tokens_html(text: str, reading: Reading, measure: str) -> str:
    """The text, each token in a span of its own that can have the focus.

    Args:
        text: the whole text of the row.
        reading: of it.
        measure: one of `MEASURES`: what the colours stand for.
    """
    (text,) = clean([text])  # half a surrogate cannot be sent; the places stay as they are
    parts, done = [], 0
    for token in reading.tokens:
        parts.append(_plain(text[done : token.start]))
        # A character of several tokens is shown with the first; the others are a dot.
        parts.append(
            _token_html(text[max(done, token.start) : token.end], text[token.start : token.end], token, measure)
        )
        done = max(done, token.end)
    rest = text[done : done + _REST] + ("…" if len(text) > done + _REST else "")
    if rest:
        parts.append(f'<span class="eud-token-unread">{_plain(rest)}</span>')
    return f'<p class="eud-tokens">{"".join(parts) or "(empty)"}</p>'


def level_of(value: float) -> int | None:
    """The place of a number of nats on the scale; None for nan."""
    return None if math.isnan(value) else min(LEVELS - 1, int(max(0.0, value)))


def ink_on(colour: str) -> str:
    """Black or white, whichever is easier to read on a colour (#RRGGBB): one of them always has a contrast of 4.5."""
    red, green, blue = (_linear(int(colour[i : i + 2], 16) / 255) for i in (1, 3, 5))
    luminance = 0.2126 * red + 0.7152 * green + 0.0722 * blue
    return "#000000" if (luminance + 0.05) / 0.05 >= 1.05 / (luminance + 0.05) else "#FFFFFF"


def _linear(part: float) -> float:
    """Source: WCAG 2.2, relative luminance."""
    return part / 12.92 if part <= 0.04045 else float(((part + 0.055) / 1.055) ** 2.4)


def _variables() -> str:
    """Background and ink of every level in both themes, for the style sheet."""
    pairs = enumerate(zip(theme.LIGHT.scale, theme.DARK.scale, strict=True))
    return "".join(
        f"--heat-{level}:light-dark({light},{dark});--ink-{level}:light-dark({ink_on(light)},{ink_on(dark)});"
        for level, (light, dark) in pairs
    )


def _token_html(shown: str, whole: str, token: Token, measure: str) -> str:
    level = level_of(token.surprisal if measure == "Surprisal" else token.entropy)
    colour = "" if level is None else f" eud-heat-{level}"
    return (
        f'<span class="eud-token{colour}" tabindex="0">{_plain(shown) or "·"}'
        f'<span class="eud-token-more" role="tooltip">{_more(whole, token)}</span></span>'
    )


def _more(whole: str, token: Token) -> str:
    """What is told of a token under the pointer."""
    name = f"<b>{_visible(whole)}</b>"
    if math.isnan(token.surprisal):
        return f"{name} nothing stands before it, so nothing is foreseen"
    others = "".join(
        f"<span><b>{_visible(word)}</b> {theme.percent(share)}</span>" for word, share in token.alternatives
    )
    return (
        f"{name} surprisal {token.surprisal:.2f}, entropy {token.entropy:.2f} nats"
        f'<span class="eud-token-others">{others}</span>'
    )


def _plain(text: str) -> str:
    """Text for HTML; where a line ends is seen, and what has no shape gets one."""
    return escape("".join(_SEEN.get(character, character) for character in text))


def _visible(text: str) -> str:
    """A short text for HTML of which every character is seen."""
    seen = "".join(_SEEN.get(character, character) for character in clean([text])[0])
    return escape(seen.replace(" ", "␣").replace("\n", "")) or "(nothing)"


_SEEN = {chr(code): chr(0x2400 + code) for code in range(0x20)} | {
    "\n": "↵\n", "\t": "⇥\t", "\r": "", "\x7f": "␡",
    **dict.fromkeys("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069", "�"),  # would turn what follows round
}  # fmt: skip
