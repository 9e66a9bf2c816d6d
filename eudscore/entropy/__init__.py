"""Entropies as arithmetic on arrays and tensors: no models, no files. Results are in nats."""
