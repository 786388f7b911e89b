"""Ports for a server that starts later, or again and again."""

import socket

QUIET = "127.77.0.1"
"""An address of this machine from which nobody connects: a free port of 127.0.0.1 may be taken by any connection that
is made before it is listened on."""


def free_port(kind: socket.SocketKind = socket.SOCK_STREAM) -> int:
    """A port of QUIET."""
    with socket.socket(socket.AF_INET, kind) as free:
        free.bind((QUIET, 0))
        return int(free.getsockname()[1])
