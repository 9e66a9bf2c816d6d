"""How fast texts are scored, against the usual ways, on one model, the same texts and the same threads, in one run.

    python tests/benchmarks/scoring.py [encoder] [classifier] [lm] [memory] [growth]
                                       [--texts FILE.parquet] [--rows 1024] [--repeats 3]

Without parts named, all are measured (about half an hour on two cores; `growth` is most of it). Without a file
the built-in demo is read. Ways take turns, so that a busy machine slows them all; the median of the rounds
counts. The share of the GEMM rate is the floating-point work of the matrix products of the real tokens, over the
time, over the rate of one large bfloat16 product in the same round.
"""

import argparse
import json
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow.parquet as pq
import torch
from transformers import AutoTokenizer, BertForSequenceClassification, GPT2Config, GPT2LMHeadModel, pipeline
from transformers.utils import logging as chatter

from eudscore import locations
from eudscore.models.batching import batches_by_length
from eudscore.models.causal import CausalModel
from eudscore.models.classifier import ClassifierModel
from eudscore.models.encoder import Encoder
from eudscore.models.loading import ResolvedModel, resolve_model

BATCH = 32
PARTS = ("encoder", "classifier", "lm", "memory", "growth")
Ways = Mapping[str, Callable[[], object]]


def gemm_rate() -> float:
    """Multiplications and additions a second of one large bfloat16 product on all threads."""
    left, right = torch.randn(2, 2048, 2048).bfloat16()
    left @ right
    start, done = time.perf_counter(), 0
    while time.perf_counter() - start < 0.5:
        left @ right
        done += 1
    return 2 * 2048**3 * done / (time.perf_counter() - start)


def rounds(ways: Ways, repeats: int) -> dict[str, list[float]]:
    """Seconds of each way, round by round, and the GEMM rate of each round under `gemm`."""
    for way in ways.values():
        way()
    taken: dict[str, list[float]] = {name: [] for name in ("gemm", *ways)}
    for _ in range(repeats):
        taken["gemm"].append(gemm_rate())
        for name, way in ways.items():
            start = time.perf_counter()
            way()
            taken[name].append(time.perf_counter() - start)
    return taken


def table(title: str, ways: Ways, repeats: int, *, rows: int, work: float) -> None:
    """Print rows a second of each way, ours first, how many times ours is as fast, and its share of the GEMM rate."""
    taken = rounds(ways, repeats)
    ours = next(iter(ways))
    rate = statistics.median(taken["gemm"])
    print(f"\n{title}: {rows:,} texts, {torch.get_num_threads()} threads, bf16 GEMM {rate / 1e9:.0f} GFLOP/s")
    print("| way | rows/s | ours is faster by | share of the GEMM rate |\n| --- | --- | --- | --- |")
    for name in ways:
        ratio = statistics.median(other / mine for mine, other in zip(taken[ours], taken[name], strict=True))
        share = statistics.median(
            work / seconds / gemm for seconds, gemm in zip(taken[name], taken["gemm"], strict=True)
        )
        faster = "" if name == ours else f"{ratio:.1f}x"
        print(f"| {name} | {rows / statistics.median(taken[name]):,.0f} | {faster} | {share:.0%} |", flush=True)


def matrix_work(network: torch.nn.Module, tokens: int) -> float:
    """Multiplications and additions of the linear layers for so many tokens; attention and embeddings apart."""
    layers = (torch.nn.Linear,)
    weights = sum(layer.weight.numel() for layer in network.modules() if isinstance(layer, layers))
    weights += sum(layer.weight.numel() for layer in network.modules() if type(layer).__name__ == "Conv1D")
    return 2.0 * weights * tokens


def encoder(texts: Sequence[str], repeats: int) -> None:
    """Sentence vectors."""
    from sentence_transformers import SentenceTransformer

    model = resolve_model("builtin")
    ours = Encoder(model, device="cpu")
    full = Encoder(model, device="cpu", dtype="float32")
    as_it_comes = SentenceTransformer(model.location, device="cpu")
    halved = SentenceTransformer(model.location, device="cpu", model_kwargs={"dtype": torch.bfloat16})
    plain = pipeline("feature-extraction", model=model.location, device="cpu")
    tokens = sum(map(len, ours._tokenise(texts)[0]))
    ways: Ways = {
        f"eudscore, {ours.dtype}": lambda: list(ours.encode(texts)),
        "eudscore, float32": lambda: list(full.encode(texts)),
        f"transformers.pipeline, batch {BATCH}": lambda: plain(list(texts), batch_size=BATCH, truncation=True),
        "SentenceTransformer.encode": lambda: as_it_comes.encode(list(texts)),
        "SentenceTransformer.encode, bfloat16": lambda: halved.encode(list(texts), convert_to_tensor=True),
    }
    work = matrix_work(ours._network.encoder, tokens)
    table("Encoder (all-MiniLM-L6-v2)", ways, repeats, rows=len(texts), work=work)
    print(f"Of our time on one thread, {share_of_products(ours, texts):.0%} goes into the matrix products alone.")


def share_of_products(ours: Encoder, texts: Sequence[str]) -> float:
    """What `torch.profiler`, which sees one thread, finds in matrix products, of all it finds."""
    from torch.profiler import profile

    tokens, _, _ = ours._tokenise(texts)
    lengths = np.array([len(ids) for ids in tokens])
    batches = batches_by_length(lengths, max_tokens_per_batch=ours._budget)
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    with profile() as seen:
        for batch in batches:
            ours._forward([tokens[row] for row in batch])
    torch.set_num_threads(threads)
    times = {event.key: event.self_cpu_time_total for event in seen.key_averages()}
    products = sum(time for name, time in times.items() if name in ("aten::addmm", "aten::mm", "aten::bmm"))
    return products / sum(times.values())


def classifier(texts: Sequence[str], repeats: int, folder: Path) -> None:
    """Class probabilities of a fine-tuned classifier (random weights cost the same)."""
    location = resolve_model("builtin").location
    network = BertForSequenceClassification.from_pretrained(location, num_labels=4)
    network.save_pretrained(folder)
    tokenizer = AutoTokenizer.from_pretrained(location)
    tokenizer.save_pretrained(folder)
    ours = ClassifierModel(resolve_model(str(folder)), device="cpu")
    plain = pipeline("text-classification", model=str(folder), device="cpu")
    tokens = sum(len(row) for row in tokenizer(list(texts), truncation=True, max_length=256)["input_ids"])
    ways: Ways = {
        f"eudscore, {ours.dtype}": lambda: list(ours.predict(texts)),
        f"transformers.pipeline, batch {BATCH}": lambda: plain(list(texts), batch_size=BATCH, truncation=True),
    }
    work = matrix_work(network.bert.encoder, tokens)
    table("Classifier (MiniLM-L6, 4 classes)", ways, repeats, rows=len(texts), work=work)


def random_lm(folder: Path, *, vocabulary: int, width: int, depth: int, heads: int) -> ResolvedModel:
    """A GPT-2 with random weights and the tokenizer of the built-in language model."""
    torch.manual_seed(0)
    tokenizer = AutoTokenizer.from_pretrained(locations.assets() / "lm")
    config = GPT2Config(
        vocab_size=vocabulary, n_embd=width, n_layer=depth, n_head=heads, n_positions=1024,
        bos_token_id=0, eos_token_id=0,
    )  # fmt: skip
    GPT2LMHeadModel(config).save_pretrained(folder)
    tokenizer.save_pretrained(folder)
    return resolve_model(str(folder))


def lm(texts: Sequence[str], repeats: int, folder: Path) -> None:
    """Entropy, surprisal and varentropy of every token of a causal language model of GPT-2's shape."""
    model = random_lm(folder, vocabulary=50_257, width=768, depth=12, heads=12)
    ours = CausalModel(model, device="cpu")
    network = GPT2LMHeadModel.from_pretrained(model.location).eval()
    tokenizer = AutoTokenizer.from_pretrained(model.location)
    tokenizer.pad_token_id = 0

    def plain_loop() -> None:
        for start in range(0, len(texts), BATCH):
            batch = tokenizer(
                ["<|endoftext|>" + text for text in texts[start : start + BATCH]],
                padding=True, truncation=True, max_length=1024, return_tensors="pt",
            )  # fmt: skip
            with torch.inference_mode():
                logs = network(**batch).logits[:, :-1].log_softmax(dim=-1)
                probs = logs.exp()
                entropy = -(probs * logs).sum(dim=-1)
                varentropy = (probs * logs.square()).sum(dim=-1) - entropy.square()
                surprisal = -logs.gather(2, batch["input_ids"][:, 1:, None])[..., 0]
                mask = batch["attention_mask"][:, 1:]
                [(values * mask).sum(dim=1) for values in (entropy, surprisal, varentropy)]

    scored = sum(int(part.scored.sum()) for part in ours.measure(texts))
    ways: Ways = {
        f"eudscore, {ours.dtype}": lambda: list(ours.measure(texts)),
        f"plain loop, float32, batch {BATCH}": plain_loop,
    }
    work = matrix_work(network, scored)  # the output layer is a Linear and counted with the others
    title = "Causal language model (GPT-2's shape, 124 M weights, 50,257 tokens)"
    table(title, ways, repeats, rows=len(texts), work=work)


def memory(folder: Path) -> None:
    """Memory above the weights at a vocabulary of 150,000, for a few texts and for many long ones."""
    random_lm(folder, vocabulary=150_000, width=256, depth=2, heads=4)
    print("\nMemory above the weights, vocabulary of 150,000 tokens\n| texts of 700 words | peak above the weights |")
    print("| --- | --- |")
    for rows in (4, 64, 256):
        above = child("child_memory", str(folder), rows)["above"]
        print(f"| {rows} | {above / 1e6:,.0f} MB |", flush=True)


def growth(path: str) -> None:
    """Rate and peak memory of whole scoring runs as the texts become more."""
    print("\nGrowth: `score` of a family, texts repeated with other numbers")
    print("| family | texts | rows/s | peak memory |\n| --- | --- | --- | --- |")
    for family in ("generative", "semantic"):
        for rows in (1_000, 10_000, 100_000):
            found = child("child_growth", family, rows, path)
            print(f"| {family} | {rows:,} | {found['rate']:,.0f} | {found['peak'] / 1e6:,.0f} MB |", flush=True)


def child(task: str, *arguments: object) -> dict[str, Any]:
    """Do a task of this file in a process of its own, whose memory is nobody else's."""
    command = [sys.executable, __file__, "--child", task, *map(str, arguments)]
    answer = subprocess.run(command, capture_output=True, text=True, check=False)
    if answer.returncode:
        raise SystemExit(answer.stderr)
    found: dict[str, Any] = json.loads(answer.stdout.splitlines()[-1])
    return found


def peak() -> int:
    """Bytes this process has held at most; getrusage would answer for its parent as well."""
    lines = Path("/proc/self/status").read_text().splitlines()
    return next(int(line.split()[1]) * 1024 for line in lines if line.startswith("VmHWM"))


def child_memory(folder: str, rows: str) -> dict[str, int]:
    model = CausalModel(resolve_model(folder), device="cpu")
    list(model.measure(["one text"]))  # what the libraries hold for themselves
    Path("/proc/self/clear_refs").write_text("5")  # loading held more for a moment: the peak counts from now on
    before = peak()
    list(model.measure([f"{i} " + "word " * 700 for i in range(int(rows))]))
    return {"above": peak() - before}


def child_growth(family: str, rows: str, path: str) -> dict[str, float]:
    """Rate of the forward passes alone, as the progress tells it; the peak is that of the whole run."""
    import pyarrow as pa

    from eudscore.records import Corpus, Roles
    from eudscore.store.workspace import Workspace
    from eudscore.workflow.requests import ScoreRequest, parse_entropies
    from eudscore.workflow.scoring import score

    texts = read_texts(path)
    many = [f"{texts[i % len(texts)]} {i // len(texts)}" for i in range(int(rows))]
    corpus = Corpus("many", "many", pa.table({"text": many}), Roles("text"), (), np.full(len(many), -1))
    seen: list[tuple[float, int]] = []

    def watch(stage: str, done: int, _total: int) -> None:
        if stage.startswith("Reading"):
            seen.append((time.perf_counter(), done))

    with tempfile.TemporaryDirectory() as folder:
        workspace = Workspace(Path(folder))
        score(workspace, workspace.keep_corpus(corpus), ScoreRequest(parse_entropies([family])), on_progress=watch)
    return {"rate": (seen[-1][1] - seen[0][1]) / (seen[-1][0] - seen[0][0]), "peak": peak()}


def read_texts(path: str) -> list[str]:
    """The column `text` of a Parquet file."""
    return [str(text) for text in pq.read_table(path, columns=["text"])["text"].to_pylist()]


def main() -> None:
    if "--child" in sys.argv:
        task, *arguments = sys.argv[2:]
        print(json.dumps(globals()[task](*arguments)))
        return
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("parts", nargs="*", choices=[[], *PARTS], default=[])
    parser.add_argument("--texts", default=str(locations.assets() / "demo" / "train.parquet"))
    parser.add_argument("--rows", type=int, default=1024)
    parser.add_argument("--repeats", type=int, default=3)
    options = parser.parse_args()
    parts = options.parts or PARTS
    texts = read_texts(options.texts)[: options.rows]
    chatter.set_verbosity_error()
    with tempfile.TemporaryDirectory() as folder:
        if "encoder" in parts:
            encoder(texts, options.repeats)
        if "classifier" in parts:
            classifier(texts, options.repeats, Path(folder) / "classifier")
        if "lm" in parts:
            lm(texts[: max(1, options.rows // 4)], options.repeats, Path(folder) / "lm")
        if "memory" in parts:
            memory(Path(folder) / "wide")
        if "growth" in parts:
            growth(options.texts)


if __name__ == "__main__":
    main()
