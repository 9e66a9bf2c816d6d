"""`python -m eudscore`: the command line, for launchers that start a module."""

from eudscore.cli import main

main()
