"""Rows a second of a fine-tune beside those of a plain loop in PyTorch with the same batches.

    python tests/benchmarks/training.py [--pairs 5] [--steps 60] [--device auto]

The plain loop is what one would write by hand: forward, loss, backward, clip, step; no checkpoints, no dynamics, no
reports, nothing that could be taken up again. Both train the built-in encoder on the built-in data set from the same
weights. They take turns in one process, the order changes from pair to pair, and what counts is the ratio of a pair: a
machine that is busy with something else is busy for both. On a CPU the seconds that the process was given are counted
as well, from the end of the first step on: they hardly depend on what else is running. The goal is 0.9.
"""

import argparse
import os
import statistics
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")

import numpy as np
import torch

from eudscore.corpus.read import read_source
from eudscore.models.batching import padded
from eudscore.models.loading import resolve_model
from eudscore.records import Corpus, Ints
from eudscore.training.batches import training_batches
from eudscore.training.classifier import new_classifier
from eudscore.training.fine_tune import fine_tune
from eudscore.training.schedule import warmup_then_decay
from eudscore.training.spec import TrainSpec
from eudscore.training.tokens import tokenise
from eudscore.training.upkeep import Upkeep


@dataclass(frozen=True)
class Rates:
    """Rows a second of the updates: by the clock, and by the seconds that the process was given."""

    clock: float
    given: float


def plain(spec: TrainSpec, corpus: Corpus, rows: Ints) -> Rates:
    """The rates of a loop written by hand."""
    torch.manual_seed(spec.seed)
    classifier = new_classifier(
        resolve_model(spec.model), spec.classes, device=spec.device, dtype=spec.dtype, max_tokens=spec.max_tokens
    )
    network, device = classifier.network, classifier.device
    tokens = tokenise(classifier.tokenizer, corpus.texts(rows), max_tokens=classifier.max_tokens)
    labels = torch.from_numpy(corpus.labels[rows]).to(device)
    optimiser = torch.optim.AdamW(network.parameters(), lr=spec.learning_rate, weight_decay=0.01, fused=True)
    steps = spec.total_steps(len(rows))
    schedule = torch.optim.lr_scheduler.LambdaLR(optimiser, warmup_then_decay(steps, spec.warmup))
    batches = training_batches(tokens.lengths, batch_size=spec.batch_size, seed=spec.seed)
    network.train()
    seen, began, marks = 0, time.perf_counter(), []
    for batch in islice(batches, steps):
        ids, mask = padded([tokens.ids[row] for row in batch], classifier.tokenizer.pad_token_id, device)
        with torch.autocast(device, dtype=torch.bfloat16, enabled=classifier.dtype == "bfloat16"):
            logits = network(input_ids=ids, attention_mask=mask).logits
        loss = torch.nn.functional.cross_entropy(logits.float(), labels[torch.from_numpy(batch).to(device)])
        loss.backward()
        torch.nn.utils.clip_grad_norm_(network.parameters(), 1.0)
        optimiser.step()
        optimiser.zero_grad(set_to_none=True)
        schedule.step()
        seen += len(batch)
        marks.append(time.process_time())
    if device == "cuda":
        torch.cuda.synchronize()
    return Rates(seen / (time.perf_counter() - began), (seen - spec.batch_size) / (marks[-1] - marks[0]))


def ours(spec: TrainSpec, corpus: Corpus, rows: Ints) -> Rates:
    """The rates of `fine_tune`, checkpoints by time, dynamics and reports included."""
    marks: list[float] = []
    with tempfile.TemporaryDirectory() as folder:
        upkeep = Upkeep(checkpoints=Path(folder) / "checkpoint")
        done = fine_tune(
            spec, corpus.texts(rows), corpus.labels[rows], out=Path(folder) / "model",
            on_step=lambda _: marks.append(time.process_time()), upkeep=upkeep,
        )  # fmt: skip
        given = (done.rows_seen - spec.batch_size) / (marks[-1] - marks[0])
        return Rates(done.rows_seen / done.seconds, given)


def main() -> None:
    """Print the rates and the ratio of each pair, and the median of the ratios."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--pairs", type=int, default=5)
    options.add_argument("--steps", type=int, default=60)
    options.add_argument("--batch-size", type=int, default=16)
    options.add_argument("--device", default="auto")
    given = options.parse_args()
    corpus = read_source("demo")
    rows = np.flatnonzero((corpus.labels >= 0) & corpus.has_text)[:2000]
    spec = TrainSpec("builtin", corpus.classes, steps=given.steps, batch_size=given.batch_size, device=given.device)
    loops: list[Callable[[TrainSpec, Corpus, Ints], Rates]] = [plain, ours]
    for loop in loops:
        loop(TrainSpec("builtin", corpus.classes, steps=5, device=given.device), corpus, rows[:200])  # warm
    print(f"load of the machine before: {os.getloadavg()[0]:.1f} on {os.cpu_count()} cores")
    ratios = []
    for pair in range(given.pairs):
        order = loops if pair % 2 == 0 else loops[::-1]
        rates = {loop.__name__: loop(spec, corpus, rows) for loop in order}
        one, other = rates["ours"], rates["plain"]
        ratios.append((one.clock / other.clock, one.given / other.given))
        print(
            f"pair {pair + 1}: plain {other.clock:.1f} rows/s, ours {one.clock:.1f}, ratio {ratios[-1][0]:.3f}; "
            f"by seconds of the process {ratios[-1][1]:.3f}"
        )
    for name, found in zip(("by the clock", "by seconds of the process"), zip(*ratios, strict=True), strict=True):
        print(f"median ratio {name} {statistics.median(found):.3f} (from {min(found):.3f} to {max(found):.3f})")


if __name__ == "__main__":
    main()
