"""Which column is what: guesses with their reasons, and the checks every role passes."""
