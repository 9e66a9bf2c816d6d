import json
from dataclasses import replace

import pytest

from eudscore.errors import RequestError
from eudscore.training.spec import ClassWeights, Method, TrainSpec

SPEC = TrainSpec("builtin", ("no", "yes"))


def test_json_brings_the_same_spec_back() -> None:
    spec = replace(SPEC, steps=7, epochs=None, seed=3)
    assert TrainSpec.from_json(json.loads(json.dumps(spec.to_json()))) == spec


def test_three_epochs_where_nothing_is_said() -> None:
    assert SPEC.total_steps(rows=33) == 3 * 3


def test_steps_count_for_more_than_epochs() -> None:
    assert replace(SPEC, epochs=5, steps=11).total_steps(rows=1000) == 11


def test_a_fraction_of_an_epoch_is_at_least_one_step() -> None:
    assert replace(SPEC, epochs=0.01).total_steps(rows=10) == 1
    assert replace(SPEC, epochs=0.5).total_steps(rows=160) == 5


@pytest.mark.parametrize(
    ("option", "value", "sentence"),
    [
        ("classes", ("only",), "needs two or more classes with different names, here are 1 with 1"),
        ("classes", ("a", "a"), "here are 2 with 1 names"),
        ("epochs", 0.0, "epochs is 0.0: choose a value from 0.01 to 1000"),
        ("epochs", float("nan"), "epochs is nan"),
        ("steps", 0, "steps is 0: choose a value from 1"),
        ("learning_rate", -1e-4, "learning_rate is -0.0001"),
        ("batch_size", 0, "batch_size is 0"),
        ("warmup", 1.5, "warmup is 1.5"),
        ("max_tokens", 1, "max_tokens is 1"),
        ("seed", -1, "seed is -1"),
        ("dtype", "float16", "no dtype 'float16': choose auto, float32 or bfloat16"),
    ],
)
def test_an_option_out_of_range_is_refused_by_name(option: str, value: object, sentence: str) -> None:
    with pytest.raises(RequestError, match=sentence):
        replace(SPEC, **{option: value})


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ({"version": 99}, "has version 99, this eudscore reads version 1: update eudscore"),
        ({"momentum": 0.9}, r"unknown options \['momentum'\]"),
    ],
)
def test_a_spec_of_another_version_is_refused(change: dict[str, object], sentence: str) -> None:
    with pytest.raises(RequestError, match=sentence):
        TrainSpec.from_json({**SPEC.to_json(), **change})


def test_a_spec_that_lacks_its_model_is_refused() -> None:
    with pytest.raises(RequestError, match=r"lacks \['model'\]"):
        TrainSpec.from_json({"version": 1, "classes": ["a", "b"]})


def test_every_option_comes_back_from_json() -> None:
    spec = TrainSpec(
        "m", ("a", "b"), steps=3, method=Method.LORA, class_weights=ClassWeights.BALANCED, patience=2, rank=4
    )
    content = json.loads(json.dumps(spec.to_json()))
    assert (content["method"], content["class_weights"]) == ("lora", "balanced")
    assert TrainSpec.from_json(content) == spec
