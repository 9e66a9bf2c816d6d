"""Our numbers against lm-polygraph, minicons, cleanlab and small-text: the largest difference of each quantity.

In an environment of its own, since the peers bring some 3 GB of packages that eudscore does not need. From the root
of the repository:

    python3 -m venv peers-env
    peers-env/bin/pip install "torch>=2.6,<2.14"
    peers-env/bin/pip install -e . lm-polygraph==0.7.0 minicons==0.3.39 cleanlab==2.9.0 small-text==1.4.1
    peers-env/bin/python tests/benchmarks/peers.py [--texts FILE.parquet] [--rows 200] [--model FOLDER]

torch comes first so that you choose its build: without a GPU, take the CPU one. Without --texts the built-in demo is
read. Without --model the causal language model is a GPT-2 with random but fixed weights, made on the spot, as is the
BERT that is the masked one with or without it; nothing is downloaded. Both sides compute in float32 on the CPU. The
exit status is 1 when a difference exceeds its tolerance.
"""

import argparse
import sys
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow.parquet as pq
import torch
from cleanlab.internal.label_quality_utils import get_normalized_entropy
from cleanlab.rank import (
    get_normalized_margin_for_each_label,
    get_self_confidence_for_each_label,
)
from lm_polygraph import WhiteboxModel
from lm_polygraph.estimators import MaximumSequenceProbability, MeanTokenEntropy, Perplexity
from lm_polygraph.stat_calculators.entropy import EntropyCalculator
from minicons.scorer import IncrementalLMScorer, MaskedLMScorer
from small_text.query_strategies.bayesian import _bald
from tokenizers import Tokenizer, decoders, models, normalizers, pre_tokenizers, processors, trainers
from transformers import (
    AutoModelForCausalLM,
    AutoTokenizer,
    BertConfig,
    BertForMaskedLM,
    GPT2Config,
    GPT2LMHeadModel,
    LogitsProcessor,
    PreTrainedTokenizerFast,
)

from eudscore import locations
from eudscore.entropy.epistemic import bald
from eudscore.entropy.logits import token_measures
from eudscore.entropy.predictive import label_gap, margin, predictive_entropy
from eudscore.models.causal import CausalModel
from eudscore.models.loading import resolve_model
from eudscore.models.masked import MAX_TOKENS, MaskedModel

TOLERANCE = 1e-4  # nats, for what a float32 forward pass has gone into
EXACT = 1e-9  # for arithmetic on the same float64 probabilities
WITHIN_EPSILON = 1e-6  # for the same where the peer adds 1e-8 to each probability
BATCH = 16
MOST_LOGITS = 50_000_000  # lm-polygraph keeps every log-probability of a batch: 200 MB
MASKED_TEXTS = 50
MASKED_BATCH = 4  # minicons makes the logits of all places in a copy of the text for each token: 260 MB


@dataclass(frozen=True)
class Comparison:
    """One line of the table; the two arrays belong together place by place."""

    quantity: str
    package: str
    ours: np.ndarray
    theirs: np.ndarray
    tolerance: float = TOLERANCE

    @property
    def difference(self) -> float:
        if self.ours.shape != self.theirs.shape:
            raise ValueError(f"{self.quantity}: {self.ours.shape} values here, {self.theirs.shape} in {self.package}")
        return float(np.abs(self.ours.astype(np.float64) - self.theirs).max())

    @property
    def agrees(self) -> bool:
        return self.difference <= self.tolerance  # a nan does not agree


@dataclass(frozen=True)
class Measured:
    """What eudscore says: per text from `CausalModel`, per token (all texts in a row) from `token_measures`."""

    texts: list[str]
    tokens: list[list[int]]
    entropy: np.ndarray
    nll: np.ndarray
    token_entropy: np.ndarray
    token_surprisal: np.ndarray


def save_random_gpt2(folder: Path, texts: Sequence[str]) -> None:
    """A tokenizer learned from the texts and a GPT-2 with fixed random weights, as a user's folder would be."""
    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.decoder = decoders.ByteLevel()
    alphabet = pre_tokenizers.ByteLevel.alphabet()  # all bytes: no text is unknown
    trainer = trainers.BpeTrainer(
        vocab_size=2000, special_tokens=["<s>", "</s>"], initial_alphabet=alphabet, show_progress=False
    )
    tokenizer.train_from_iterator(texts, trainer)
    wrapped = PreTrainedTokenizerFast(tokenizer_object=tokenizer, bos_token="<s>", eos_token="</s>")
    wrapped.save_pretrained(folder)
    torch.manual_seed(0)
    config = GPT2Config(
        vocab_size=len(wrapped), n_embd=64, n_layer=2, n_head=4, n_positions=1024, bos_token_id=0, eos_token_id=1,
        initializer_range=0.3,  # not GPT-2's 0.02, under which every distribution is all but uniform
    )  # fmt: skip
    GPT2LMHeadModel(config).save_pretrained(folder)


def save_random_bert(folder: Path, texts: Sequence[str]) -> None:
    """The same for a BERT. Its vocabulary is small, so that many words are cut into pieces."""
    special = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"]
    normal, words = normalizers.BertNormalizer(), pre_tokenizers.BertPreTokenizer()
    learner = Tokenizer(models.WordPiece())
    learner.normalizer, learner.pre_tokenizer = normal, words
    # By itself the trainer numbers the letters inside words in any order, and another order is another vocabulary.
    inside = [f"##{letter}" for letter in sorted({*normal.normalize_str("".join(texts))} - {" "})]
    trainer = trainers.WordPieceTrainer(vocab_size=1000, special_tokens=[*special, *inside], show_progress=False)
    learner.train_from_iterator(texts, trainer)
    tokenizer = Tokenizer(models.WordPiece(learner.get_vocab(), unk_token="[UNK]"))
    tokenizer.normalizer, tokenizer.pre_tokenizer, tokenizer.decoder = normal, words, decoders.WordPiece()
    tokenizer.post_processor = processors.TemplateProcessing(
        single="[CLS] $A [SEP]", special_tokens=[(token, special.index(token)) for token in ("[CLS]", "[SEP]")]
    )
    wrapped = PreTrainedTokenizerFast(
        tokenizer_object=tokenizer, pad_token="[PAD]", unk_token="[UNK]", cls_token="[CLS]", sep_token="[SEP]",
        mask_token="[MASK]",
    )  # fmt: skip
    wrapped.save_pretrained(folder)
    torch.manual_seed(0)
    config = BertConfig(
        vocab_size=len(wrapped), hidden_size=64, num_hidden_layers=2, num_attention_heads=4, intermediate_size=256,
        max_position_embeddings=MAX_TOKENS, pad_token_id=0, initializer_range=0.3,  # as for the GPT-2
    )  # fmt: skip
    BertForMaskedLM(config).save_pretrained(folder)


def measure(folder: Path, texts: Sequence[str]) -> Measured:
    """Our side.

    Left out for both sides: texts without a prediction, and those longer than the model reads at once, which we
    read in windows and the peers not at all.
    """
    model = CausalModel(resolve_model(str(folder)), device="cpu", dtype="float32")
    scored = np.zeros(len(texts), dtype=np.int64)
    sums = np.zeros((2, len(texts)))
    for batch in model.measure(texts):
        scored[batch.positions] = batch.scored
        sums[:, batch.positions] = batch.entropy, batch.surprisal
    tokenizer = AutoTokenizer.from_pretrained(folder)
    network = AutoModelForCausalLM.from_pretrained(folder, dtype=torch.float32)
    start = [] if tokenizer.bos_token_id is None else [tokenizer.bos_token_id]
    read = [start + ids for ids in tokenizer(list(texts), add_special_tokens=False)["input_ids"]]
    rows = [row for row, ids in enumerate(read) if scored[row] > 0 and len(ids) <= model.context]
    tokens = [read[row] for row in rows]
    if [len(ids) - 1 for ids in tokens] != scored[rows].tolist():
        raise ValueError("CausalModel counts other tokens than a text has")
    with torch.inference_mode():
        parts = [token_measures(network(torch.tensor([ids])).logits[0, :-1], torch.tensor(ids[1:])) for ids in tokens]
    token_entropy = torch.cat([part.entropy for part in parts]).numpy()
    token_surprisal = torch.cat([part.surprisal for part in parts]).numpy()
    entropy, nll = sums[:, rows] / scored[rows]
    return Measured([texts[row] for row in rows], tokens, entropy, nll, token_entropy, token_surprisal)


class Dictation(LogitsProcessor):
    """Makes `generate` write given tokens after a prompt of one token, whatever the model would prefer."""

    def __init__(self, tokens: torch.Tensor) -> None:
        self.tokens = tokens

    def __call__(self, input_ids: torch.Tensor, scores: torch.Tensor) -> torch.Tensor:
        dictated = self.tokens[:, input_ids.shape[1], None]
        return torch.full_like(scores, -torch.inf).scatter_(1, dictated, 0.0)


def batches(tokens: Sequence[Sequence[int]], vocabulary: int) -> Iterator[list[int]]:
    """Positions of the texts, short ones first, so many at once as `MOST_LOGITS` allows."""
    batch: list[int] = []
    for position in sorted(range(len(tokens)), key=lambda row: len(tokens[row])):
        if batch and (len(batch) == BATCH or (len(batch) + 1) * len(tokens[position]) * vocabulary > MOST_LOGITS):
            yield batch
            batch = []
        batch.append(position)
    yield batch


def against_lm_polygraph(folder: Path, ours: Measured) -> Iterator[Comparison]:
    """lm-polygraph scores what a model generates, so its white-box model is made to generate our texts.

    The prompt is the first token (the beginning-of-text token where there is one), for which neither side has a
    prediction; the generation is the rest, so both count the tokens from the second to the last. A white-box model
    notes the log-probabilities before it asks a caller's processor, so the dictation does not show in them. Texts of
    a batch have prompts of equal length: there is no padding on the left; a shorter text is filled up after its
    end and what is noted there is dropped. `generate` goes token by token over a cache, where we read a text at once.
    """
    tokenizer = AutoTokenizer.from_pretrained(folder)
    network = AutoModelForCausalLM.from_pretrained(folder, dtype=torch.float32)
    model = WhiteboxModel(network, tokenizer, str(folder))
    estimators = {"entropy": MeanTokenEntropy(), "nll": Perplexity(), "sum": MaximumSequenceProbability()}
    found = {name: np.zeros(len(ours.texts)) for name in estimators}
    per_token: dict[int, np.ndarray] = {}
    for rows in batches(ours.tokens, network.config.vocab_size):
        tokens = [ours.tokens[row] for row in rows]
        longest = max(len(ids) for ids in tokens)
        filled = torch.tensor([ids + ids[:1] * (longest - len(ids)) for ids in tokens])
        prompt = filled[:, :1]
        generation = model.generate(
            input_ids=prompt, attention_mask=torch.ones_like(prompt), max_new_tokens=longest - 1,
            pad_token_id=tokens[0][0], return_dict_in_generate=True, logits_processor=Dictation(filled),
        )  # fmt: skip
        noted = torch.stack(generation.scores, dim=1).numpy()
        stats: dict[str, Any] = {
            "greedy_log_probs": [noted[i, : len(ids) - 1] for i, ids in enumerate(tokens)],
            "greedy_log_likelihoods": [noted[i, range(len(ids) - 1), ids[1:]] for i, ids in enumerate(tokens)],
        }
        stats |= EntropyCalculator()(stats)
        for name, estimator in estimators.items():
            found[name][rows] = estimator(stats)
        per_token |= {row: np.array(values) for row, values in zip(rows, stats["entropy"], strict=True)}
    counts = np.array([len(ids) - 1 for ids in ours.tokens])
    in_order = np.concatenate([per_token[row] for row in range(len(ours.texts))])
    yield Comparison("mean token entropy of a text (MeanTokenEntropy)", "lm-polygraph", ours.entropy, found["entropy"])
    yield Comparison("entropy at each token (EntropyCalculator)", "lm-polygraph", ours.token_entropy, in_order)
    yield Comparison("NLL of a text (Perplexity)", "lm-polygraph", ours.nll, found["nll"])
    # A sum over hundreds of tokens in float32 rounds by more than its terms: compared per token.
    yield Comparison(
        "NLL of a text (MaximumSequenceProbability / tokens)", "lm-polygraph", ours.nll, found["sum"] / counts
    )


def against_minicons(folder: Path, ours: Measured) -> Iterator[Comparison]:
    """minicons tokenises the texts itself, in padded batches, and scores all tokens but the first.

    It leaves special tokens to the tokenizer unless told, so it is told to begin with the beginning-of-text token,
    as we do, where the tokenizer does not by itself. An end token that a tokenizer adds by itself comes after all
    that we count and is dropped. `token_score` gives the first token a 0 for want of a prediction: dropped as well.
    """
    scorer = IncrementalLMScorer(str(folder), "cpu", dtype=torch.float32)
    tokenizer = scorer.tokenizer
    usual = tokenizer("a")["input_ids"]
    begin = tokenizer.bos_token_id is not None and usual[0] != tokenizer.bos_token_id
    end = int(usual[-1] in tokenizer.all_special_ids)
    means: list[float] = []
    per_token: list[float] = []
    for first in range(0, len(ours.texts), BATCH):
        texts = ours.texts[first : first + BATCH]
        means += scorer.sequence_score(
            texts, reduction=lambda scores: -scores[: len(scores) - end].mean().item(), bos_token=begin
        )
        scores = scorer.token_score(texts, surprisal=True, bos_token=begin)
        for ids, pairs in zip(ours.tokens[first : first + BATCH], scores, strict=True):
            counted = pairs[: len(pairs) - end]
            if [token for token, _ in counted] != tokenizer.convert_ids_to_tokens(ids):
                raise ValueError("minicons reads a text as other tokens than we do")
            per_token += [value for _, value in counted[1:]]
    yield Comparison("NLL of a text (sequence_score)", "minicons", ours.nll, np.array(means))
    yield Comparison("surprisal of each token (token_score)", "minicons", ours.token_surprisal, np.array(per_token))


def read_masked(folder: Path, texts: Sequence[str]) -> dict[str, list[str]]:
    """The first `MASKED_TEXTS` different texts with anything to score that need no cutting, and their tokens."""
    tokenizer = AutoTokenizer.from_pretrained(folder)
    tokens = {text: tokenizer.tokenize(text) for text in texts}
    most = MAX_TOKENS - tokenizer.num_special_tokens_to_add()
    chosen = [text for text in tokens if 0 < len(tokens[text]) <= most][:MASKED_TEXTS]
    if not any(token.startswith("##") for text in chosen for token in tokens[text]):
        raise ValueError("no word is cut into pieces: it would make no difference what is hidden with a token")
    return {text: tokens[text] for text in chosen}


def against_minicons_masked(folder: Path, read: Mapping[str, Sequence[str]]) -> Iterator[Comparison]:
    """The masked pseudo-log-likelihood: both sides hide each token in turn, and the later tokens of its word with it.

    We count the tokens that the tokenizer did not add around the text; minicons all but [CLS], [SEP] and [PAD]. That
    is the same unless a text spells one of these out, and [UNK] counts for both. To minicons a word is what `word_ids`
    says; we part it at white space as well, where BERT's words end anyway, as they do at punctuation. minicons takes
    `original` for the metric of a call whatever it was constructed with, so it is told twice. It makes all logits of a
    copy, we those of the hidden token.
    """
    texts = list(read)
    tokens = np.array([len(read[text]) for text in texts])
    scored = np.zeros(len(texts), dtype=np.int64)
    sums = np.zeros(len(texts))
    for batch in MaskedModel(resolve_model(str(folder)), device="cpu", dtype="float32").measure(texts):
        scored[batch.positions], sums[batch.positions] = batch.scored, batch.surprisal
    tokenizer = AutoTokenizer.from_pretrained(folder)
    tokenizer.batch_encode_plus = tokenizer.__call__  # minicons 0.3.39 calls it, transformers 5 has it no more
    metric = "within_word_l2r"
    scorer = MaskedLMScorer(str(folder), "cpu", tokenizer=tokenizer, PLL_metric=metric, dtype=torch.float32)
    found: list[tuple[int, float]] = []
    for first in range(0, len(texts), MASKED_BATCH):
        found += scorer.sequence_score(
            texts[first : first + MASKED_BATCH],
            reduction=lambda scores: (len(scores), -scores.mean().item()),
            PLL_metric=metric,
        )
    counts, means = zip(*found, strict=True)
    if not (tokens.tolist() == scored.tolist() == list(counts)):
        raise ValueError("minicons or MaskedModel counts other tokens than a text has")
    # As above, compared per token: a sum over a hundred of them rounds by more than its terms.
    yield Comparison("masked PLL of a text, sign turned (within_word_l2r)", "minicons", sums / scored, np.array(means))


def against_cleanlab() -> Iterator[Comparison]:
    """Label quality, on random class probabilities from near certain to near uniform, some of them exactly 0 or 1.

    cleanlab divides the entropy by log C. Its margin is (p(label) - best other + 1) / 2: with the likeliest class as
    the label that is (p1 - p2 + 1) / 2, and our margin 1 - (p1 - p2) is 2 less twice that. Its confidence-weighted
    entropy is left out: a formula of the first two that we do not have.
    """
    rng = np.random.default_rng(0)
    classes = 7
    random = [rng.dirichlet(np.full(classes, spread), 1000) for spread in (0.05, 0.5, 5.0)]
    probs = np.concatenate([*random, np.eye(classes)])
    labels = rng.integers(classes, size=len(probs))
    entropy = predictive_entropy(probs) / np.log(classes)
    yield Comparison("entropy of classes / log C", "cleanlab", entropy, get_normalized_entropy(probs), EXACT)
    confidence = get_self_confidence_for_each_label(labels, probs)
    yield Comparison("1 - label gap (self-confidence)", "cleanlab", 1.0 - label_gap(probs, labels), confidence, EXACT)
    normalised = get_normalized_margin_for_each_label(probs.argmax(axis=1), probs)
    yield Comparison("margin (normalised margin)", "cleanlab", margin(probs), 2.0 - 2.0 * normalised, EXACT)


def against_small_text() -> Iterator[Comparison]:
    """BALD of 10 members for random texts. small-text has (n, M, C), bits, and takes the log of p + 1e-8."""
    rng = np.random.default_rng(0)
    probs = np.concatenate([rng.dirichlet(np.full(7, spread), (10, 1000)) for spread in (0.5, 1.0, 5.0)], axis=1)
    theirs = np.log(2.0) * _bald(probs.transpose(1, 0, 2))
    yield Comparison("BALD, bits turned into nats", "small-text", bald(np.log(probs)), theirs, WITHIN_EPSILON)


def report(comparisons: Sequence[Comparison]) -> bool:
    """Print the table; returns whether all agree."""
    print("| quantity | peer | n | largest difference | tolerance | |")
    print("| --- | --- | ---: | ---: | ---: | --- |")
    for one in comparisons:
        peer = f"{one.package} {version(one.package)}"
        verdict = "agrees" if one.agrees else "DIFFERS"
        print(
            f"| {one.quantity} | {peer} | {len(one.ours):,} | {one.difference:.1e} | {one.tolerance:.0e} | {verdict} |"
        )
    return all(one.agrees for one in comparisons)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--texts", default=str(locations.assets() / "demo" / "train.parquet"))
    parser.add_argument("--rows", type=int, default=200)
    parser.add_argument("--model", type=Path, help="folder of a causal language model")
    options = parser.parse_args()
    texts = pq.read_table(options.texts, columns=["text"])["text"].to_pylist()[: options.rows]
    with tempfile.TemporaryDirectory() as temporary:
        folder = options.model or Path(temporary)
        if options.model is None:
            save_random_gpt2(folder, texts)
        ours = measure(folder, texts)
        comparisons = [*against_lm_polygraph(folder, ours), *against_minicons(folder, ours)]
    with tempfile.TemporaryDirectory() as temporary:
        save_random_bert(Path(temporary), texts)
        read = read_masked(Path(temporary), texts)
        comparisons += against_minicons_masked(Path(temporary), read)
    comparisons += [*against_cleanlab(), *against_small_text()]
    low, high = ours.token_entropy.min(), ours.token_entropy.max()
    print(f"eudscore {version('eudscore')}, transformers {version('transformers')}, torch {torch.__version__}, float32")
    print(f"model {options.model or 'GPT-2, random weights'}; {len(ours.texts)} of {len(texts)} texts scored whole")
    print(f"{len(ours.token_entropy):,} predicted tokens, entropies from {low:.2f} to {high:.2f} nats")
    hidden = [token for tokens in read.values() for token in tokens]
    later = sum(token.startswith("##") for token in hidden)
    print("masked model BERT, random weights; ", end="")
    print(f"{len(read)} texts, {len(hidden):,} hidden tokens, of which {later:,} are later pieces of a word\n")
    sys.exit(0 if report(comparisons) else 1)


if __name__ == "__main__":
    main()
