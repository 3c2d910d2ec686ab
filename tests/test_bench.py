"""The benchmarks' own safeguards."""

import socket

import pytest

from bench.servers import require_free_port


def test_a_server_of_a_killed_benchmark_is_not_measured():
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        with pytest.raises(SystemExit, match=f"already listening on port {port}"):
            require_free_port(port)
    require_free_port(port)
