"""Estimators: a model and a measure, one file per entropy."""
