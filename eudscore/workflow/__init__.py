"""Read, score, lay out, select, train: ask the store, compute what is missing, keep it.

Pages, command line and Python all call this room and nothing below it computes on its own.
"""
