"""Rows per second of the encoder against `transformers.pipeline`, same model, texts and threads, in one run.

    python tests/benchmarks/encoder.py [--texts FILE.parquet] [--rows 1024] [--repeats 3]

Without a file the built-in demo is read. The two take turns, so that a busy machine slows both.
"""

import argparse
import statistics
import time
from collections.abc import Callable

import pyarrow.parquet as pq
import torch
from transformers import AutoModelForSequenceClassification, AutoTokenizer, pipeline

from eudscore import locations
from eudscore.models.encoder import Encoder
from eudscore.models.loading import resolve_model


def seconds(work: Callable[[], object]) -> float:
    start = time.perf_counter()
    work()
    return time.perf_counter() - start


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--texts", default=str(locations.assets() / "demo" / "train.parquet"))
    parser.add_argument("--rows", type=int, default=1024)
    parser.add_argument("--repeats", type=int, default=3)
    options = parser.parse_args()
    texts = pq.read_table(options.texts, columns=["text"])["text"].to_pylist()[: options.rows]
    model = resolve_model("builtin")
    encoder = Encoder(model, device="cpu")
    network = AutoModelForSequenceClassification.from_pretrained(model.location)
    tokenizer = AutoTokenizer.from_pretrained(model.location)
    plain = pipeline("text-classification", model=network, tokenizer=tokenizer, device="cpu")

    def ours() -> object:
        return list(encoder.encode(texts))

    def theirs() -> object:
        return plain(texts, batch_size=32, truncation=True, max_length=256)

    for warm_up in (lambda: list(encoder.encode(texts[:64])), lambda: plain(texts[:64], batch_size=32)):
        warm_up()
    pairs = [(seconds(ours), seconds(theirs)) for _ in range(options.repeats)]
    mine = len(texts) / statistics.median(pair[0] for pair in pairs)
    other = len(texts) / statistics.median(pair[1] for pair in pairs)
    ratio = statistics.median(pair[1] / pair[0] for pair in pairs)
    print(f"{len(texts):,} texts, {torch.get_num_threads()} threads, encoder dtype {encoder.dtype}")
    print(f"eudscore encoder              {mine:8.0f} rows/s")
    print(f"transformers.pipeline, 32     {other:8.0f} rows/s")
    print(f"ratio (median of pairs)       {ratio:8.1f}x")


if __name__ == "__main__":
    main()
