"""Where texts lie: one neighbour graph, and what follows from it. Imported by workers only."""
