"""Requests: what makes no sense is one sentence before anything is loaded, and nothing given is ignored."""

import subprocess
import sys

import numpy as np
import pyarrow as pa
import pytest

from eudscore.errors import RequestError
from eudscore.records import Corpus, Roles
from eudscore.workflow.requests import LARGEST_SEED, Entropy, ScoreRequest, default_entropies, default_request

SEMANTIC = (Entropy.SEMANTIC,)


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        ({"classifier": "./mine"}, "Only predictive entropy makes use of the classifier './mine'"),
        ({"adapt": True}, "Only generative entropy makes use of adapting the language model"),
        ({"prompt": "question"}, "Only generative entropy makes use of the prompt column 'question'"),
        ({"lm": "gpt2"}, "Only generative entropy makes use of the language model 'gpt2'"),
        ({"seed": -1}, "There is no seed -1: choose a whole number from 0 to 2147483647."),
        ({"seed": LARGEST_SEED + 1}, "There is no seed 2147483648"),
        ({"device": "tpu"}, "There is no device 'tpu': choose auto, cpu or cuda."),
        ({"dtype": "int8"}, "There is no precision 'int8': choose auto, float32, bfloat16 or float16."),
        ({"dtype": "float16", "device": "cpu"}, "A CPU has no arithmetic for float16"),
        ({"combine": "sum"}, "There is no rule 'sum' to combine entropies"),
    ],
)
def test_what_makes_no_sense_is_one_sentence(options: dict[str, object], sentence: str) -> None:
    with pytest.raises(RequestError) as refused:
        ScoreRequest(SEMANTIC, **options)
    assert sentence in str(refused.value)
    assert "\n" not in str(refused.value)


def test_an_option_beside_the_entropy_it_serves_is_kept_through_json() -> None:
    entropies = (Entropy.GENERATIVE, Entropy.PREDICTIVE)
    request = ScoreRequest(entropies, lm="gpt2", adapt=True, prompt="q", classifier="./mine", seed=LARGEST_SEED)
    assert ScoreRequest.from_json(request.to_json()) == request


@pytest.mark.parametrize(
    ("labelled", "classifier", "predictive"),
    [(True, None, True), (False, None, False), (False, "./mine", True), (True, "./mine", True)],
)
def test_predictive_is_possible_with_labels_or_with_a_classifier(
    labelled: bool, classifier: str | None, predictive: bool
) -> None:
    possible = default_entropies(labelled=labelled, classifier=classifier)
    assert (Entropy.PREDICTIVE in possible) is predictive
    assert set(possible) >= {Entropy.INFORMATION, Entropy.GENERATIVE, Entropy.SEMANTIC}


def test_the_standard_request_is_always_possible() -> None:
    table = pa.table({"text": ["a"]})
    bare = Corpus("bare", "bare.csv", table, Roles("text"), (), np.array([-1]))
    assert default_request(bare).entropies == default_entropies(labelled=False)


def test_checking_a_request_loads_no_model_library() -> None:
    code = (
        "import sys; from eudscore.workflow.requests import *; "
        "ScoreRequest((Entropy.SEMANTIC,), device='cuda', dtype='bfloat16'); print('torch' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "False"
