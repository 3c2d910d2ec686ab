"""A minimal file server on the same Granian as ours: a POST is written to a file, a GET sends it.

It authenticates nobody and checks no content. `/synced/…` is synced to disk before the response, as ours always is.
"""

import os
from pathlib import Path
from typing import Any

FOLDER = Path(os.environ.get("BENCH_FOLDER", "/nowhere"))


async def application(scope: Any, proto: Any) -> None:
    path = FOLDER / Path(scope.path).name
    if scope.method == "POST":
        with path.open("wb") as file:
            async for chunk in proto:
                file.write(chunk)
            if scope.path.startswith("/synced/"):
                file.flush()
                os.fsync(file.fileno())
        proto.response_empty(201, [])
    elif path.is_file():
        proto.response_file(200, [("Content-Length", str(path.stat().st_size))], str(path))
    else:
        proto.response_empty(404, [])
