"""Writes the demo data set: customers of an invented shop, composed from hand-written phrases."""
