"""eudscore: see where text data is uncertain, pick the part worth training on, prove that it is enough."""

__version__ = "0.1.0"
