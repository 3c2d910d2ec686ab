"""Shutting down sockets that other code in this process owns, by their descriptors."""

import os
import socket
from contextlib import suppress


def shut_down(descriptor: int) -> None:
    """Shut the connection down, even while another thread waits on it. Its owner notices and closes the descriptor."""
    with suppress(OSError), socket.socket(fileno=os.dup(descriptor)) as own:
        own.shutdown(socket.SHUT_RDWR)
