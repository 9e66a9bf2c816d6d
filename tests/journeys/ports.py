"""Ports for servers of tests."""

import secrets
import socket

# Below those that a system gives to whoever connects somewhere: one of these may be taken again before a server has it.
_PORTS = range(15_000, 30_000)


def free_port() -> int:
    """A port of 127.0.0.1 on which nobody listens, and which nobody is given by chance."""
    while True:
        port = secrets.choice(_PORTS)
        with socket.socket() as probe:
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                continue
            return port
