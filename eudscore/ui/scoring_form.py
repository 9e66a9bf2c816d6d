"""What to score by: entropies, models, precision; what it will cost; start."""

import streamlit as st

from eudscore.entropy.combine import Rule
from eudscore.models.device import DEVICES, DTYPES
from eudscore.records import Corpus
from eudscore.ui import state, work
from eudscore.ui.state import Opened
from eudscore.workflow.requests import BUILTIN, Entropy, MoreScoring, ScoreRequest, entropies_for, parse_entropies
from eudscore.workflow.submitting import submit_preparation

_SAYS = {
    Entropy.INFORMATION: "Information: the words of the text; no model",
    Entropy.GENERATIVE: "Generative: next-word uncertainty; language model",
    Entropy.SEMANTIC: "Semantic: undecided between clusters of meaning; encoder",
    Entropy.PREDICTIVE: "Predictive: a classifier in doubt; labels, or one of your own",
}
_CLASSIFIER = "score_classifier"


def form(opened: Opened) -> None:
    """Choose, estimate and start; what is stored already is not computed again."""
    chosen = _entropies(opened.corpus)
    generative = Entropy.GENERATIVE in chosen
    encoder = st.text_input(
        "Encoder", BUILTIN, key="score_encoder", help="builtin (all-MiniLM-L6-v2), a folder, or a Hub id"
    )
    lm = st.text_input(
        "Language model", BUILTIN, key="score_lm", help="builtin (small, English), a folder, or a Hub id",
        disabled=not generative,
    )  # fmt: skip
    device = st.selectbox("Device", DEVICES, key="score_device", help="auto: a GPU where there is one")
    with st.expander("More", key="score_more"):
        more = _more(opened, generative=generative)
    job = work.preparation(opened.ref)
    busy = job is not None and job.status.active
    with state.sentences():
        reader = lm.strip() if generative else ""
        request = ScoreRequest(parse_entropies(chosen), encoder.strip() or BUILTIN, reader or BUILTIN, device, **more)
        work.show_quote(opened.ref, request, disabled=busy or state.read_only())
        if st.button(
            "Scoring is running" if busy else "Start scoring", key="score_go", type="primary",
            icon=":material/play_arrow:", disabled=busy or state.read_only(), width="stretch",
        ):  # fmt: skip
            submit_preparation(state.workspace(), opened.ref, request)
            st.rerun()


def _entropies(corpus: Corpus) -> list[str]:
    """The entropies that are ticked; predictive needs labels, or the classifier that is named below."""
    chosen = []
    possible = entropies_for(corpus, classifier=st.session_state.get(_CLASSIFIER, "").strip() or None)
    for entropy, says in _SAYS.items():
        usable = entropy in possible
        if st.checkbox(says, value=usable, key=f"entropy_{entropy}", disabled=not usable) and usable:
            chosen.append(entropy.value)
    return chosen


def _tick_predictive() -> None:
    """A classifier is named to be used."""
    if st.session_state[_CLASSIFIER].strip():
        st.session_state[f"entropy_{Entropy.PREDICTIVE}"] = True


def _more(opened: Opened, *, generative: bool) -> MoreScoring:
    """What few need; what serves generative entropy alone is off without it."""
    adapt = st.checkbox(
        "Adapt the language model to this data first", key="score_adapt", disabled=not generative,
        help="One epoch on each half of the data; each half is scored by the model that has not seen it.",
    )  # fmt: skip
    columns = [name for name in opened.corpus.table.column_names if name != opened.corpus.roles.text]
    prompt = st.selectbox(
        "Prompt column", [None, *columns], key="score_prompt", format_func=lambda name: name or "none",
        disabled=not generative,
        help="Read before each text by the language model, and not scored.",
    )  # fmt: skip
    classifier = st.text_input(
        "Fine-tuned classifier", key=_CLASSIFIER, placeholder="a folder or a Hub id", on_change=_tick_predictive,
        help="For predictive entropy, in place of the cross-fitted classifier.",
    )  # fmt: skip
    masked = st.text_input(
        "Masked language model", key="score_masked", placeholder="a folder or a Hub id",
        help="Adds its pseudo-log-likelihood. One forward pass a token: slow.",
    )  # fmt: skip
    rule = st.selectbox("IGSE combines by", [rule.value for rule in Rule], key="score_combine")
    dtype = st.selectbox("Precision", DTYPES, key="score_dtype")
    return {
        "adapt": adapt and generative, "prompt": prompt if generative else None,
        "classifier": classifier.strip() or None, "masked_lm": masked.strip() or None, "combine": rule, "dtype": dtype,
    }  # fmt: skip
