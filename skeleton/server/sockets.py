"""Sockets that belong to somebody else in this process: looked at and shut down by their descriptors."""

import os
import socket
from contextlib import suppress


def shut(descriptor: int) -> None:
    """End the connection, whoever waits on it. Its owner sees the end and closes it: the descriptor stays theirs."""
    with suppress(OSError), socket.socket(fileno=os.dup(descriptor)) as own:
        own.shutdown(socket.SHUT_RDWR)
