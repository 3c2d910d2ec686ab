"""Runs nginx in front of the server, configured as recommended to operators."""

import os
import shutil
import socket
import subprocess
import time
from contextlib import contextmanager, suppress
from dataclasses import dataclass

import pytest

from skeleton.testkit.system import free_port

# Two entries for one server simulate two instances. nginx removes an instance for 10 s after a broken connection, and
# without instances all clients get 502.
CONFIGURATION = """
{user}
worker_processes 1;
pid {folder}/nginx.pid;
error_log {folder}/error.log;
events {{ worker_connections 4096; }}
http {{
    access_log off;
    client_max_body_size 100m;
    client_body_temp_path {folder}/body;
    proxy_temp_path {folder}/proxy;
    fastcgi_temp_path {folder}/fastcgi;
    uwsgi_temp_path {folder}/uwsgi;
    scgi_temp_path {folder}/scgi;
    upstream once {{ server 127.0.0.1:{port}; server 127.0.0.1:{port}; }}
    upstream kept {{ server 127.0.0.1:{port}; server 127.0.0.1:{port}; keepalive 16; }}
    server {{
        listen 127.0.0.1:{buffered};
        location / {{
            proxy_pass http://once;
            proxy_set_header Host $host;
            proxy_set_header X-Forwarded-For $proxy_add_x_forwarded_for;
            proxy_set_header X-Forwarded-Proto $scheme;
        }}
    }}
    server {{
        listen 127.0.0.1:{unbuffered};
        location / {{
            proxy_pass http://kept;
            proxy_http_version 1.1;
            proxy_set_header Connection "";
            proxy_set_header Host $host;
            proxy_set_header X-Forwarded-For $proxy_add_x_forwarded_for;
            proxy_set_header X-Forwarded-Proto $scheme;
            proxy_request_buffering off;
        }}
    }}
}}
"""


@dataclass(slots=True)
class Ports:
    """nginx's ports. `buffered` has its defaults, `unbuffered` streams bodies over persistent connections."""

    buffered: int
    unbuffered: int


@contextmanager
def nginx(folder, port):
    """Run nginx in front of the server on `port`, and stop it afterwards."""
    program = shutil.which("nginx") or shutil.which("nginx", path="/usr/sbin:/usr/local/sbin")
    if program is None:
        pytest.skip("nginx is not installed: `make nginx` installs it")
    ports = Ports(free_port(), free_port())
    written = folder / "nginx.conf"
    written.write_text(
        CONFIGURATION.format(
            user="user root;" if os.geteuid() == 0 else "",
            folder=folder,
            port=port,
            buffered=ports.buffered,
            unbuffered=ports.unbuffered,
        )
    )
    process = subprocess.Popen(
        [program, "-p", str(folder), "-c", str(written), "-e", str(folder / "error.log"), "-g", "daemon off;"]
    )
    try:
        wait_for(ports.buffered, process, folder)
        yield ports
    finally:
        process.terminate()
        process.wait(20)


def wait_for(port, process, folder):
    ending = time.monotonic() + 10
    while time.monotonic() < ending and process.poll() is None:
        with suppress(OSError), socket.create_connection(("127.0.0.1", port), 1):
            return
        time.sleep(0.05)
    raise AssertionError((folder / "error.log").read_text())
