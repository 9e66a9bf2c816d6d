"""Models: finding and loading them safely, batches, the encoder and the causal language model."""
