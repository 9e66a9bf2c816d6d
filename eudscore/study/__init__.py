"""The honest experiment and the forecast: arithmetic on records and arrays; no models and no files."""
