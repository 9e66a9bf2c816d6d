"""What to score by: entropies, encoder, language model, device."""

import streamlit as st

from eudscore.ui import state, work
from eudscore.ui.state import Opened
from eudscore.workflow.requests import Entropy, ScoreRequest, parse_entropies
from eudscore.workflow.submitting import submit_preparation

_SAYS = {
    Entropy.INFORMATION: "Information: the words of the text; no model",
    Entropy.SEMANTIC: "Semantic: undecided between clusters of meaning; encoder",
    Entropy.PREDICTIVE: "Predictive: what a cross-fitted classifier thinks; encoder and labels",
    Entropy.GENERATIVE: "Generative: next-word uncertainty; needs a language model",
}


def form(opened: Opened) -> None:
    """Choose and start; what is stored already is not computed again."""
    labelled = opened.corpus.labelled
    chosen = []
    for entropy, says in _SAYS.items():
        usable = labelled or entropy is not Entropy.PREDICTIVE
        given = entropy in (Entropy.INFORMATION, Entropy.SEMANTIC) or (labelled and entropy is Entropy.PREDICTIVE)
        if st.checkbox(says, value=given, key=f"entropy_{entropy}", disabled=not usable) and usable:
            chosen.append(entropy.value)
    encoder = st.text_input(
        "Encoder", "builtin", key="score_encoder", help="builtin (all-MiniLM-L6-v2), a folder, or a Hub id"
    )
    lm = st.text_input(
        "Causal language model", key="score_lm", placeholder="a folder or a Hub id, for generative entropy"
    )
    device = st.selectbox("Device", ["auto", "cpu", "cuda"], key="score_device", help="auto: a GPU where there is one")
    job = work.preparation(opened.ref)
    busy = job is not None and job.status.active
    if st.button(
        "Scoring is running" if busy else "Start scoring", key="score_go", type="primary",
        icon=":material/play_arrow:", disabled=busy or state.read_only(), width="stretch",
    ):  # fmt: skip
        with state.sentences():
            request = ScoreRequest(parse_entropies(chosen), encoder.strip() or "builtin", lm.strip() or None, device)
            _check(request)
            submit_preparation(state.workspace(), opened.ref, request)
            st.rerun()


def _check(request: ScoreRequest) -> None:
    """Say what is missing before a worker starts.

    Raises:
        RequestError: generative entropy without a language model.
    """
    from eudscore.errors import RequestError

    if Entropy.GENERATIVE in request.entropies and request.lm is None:
        raise RequestError(
            "Generative entropy needs a causal language model: name a folder or a Hub id, or leave it out."
        )
