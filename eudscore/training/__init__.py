"""Training: fine-tune a classifier, predict with it, and say how good it is."""
