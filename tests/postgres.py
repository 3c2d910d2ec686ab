"""`python -m tests.postgres FOLDER [pytest's arguments]`: run the tests on a PostgreSQL other than the embedded one.

FOLDER contains its programs, for example Debian's `/usr/lib/postgresql/15/bin`. A temporary server is created in a
temporary folder, on a private socket, with an ICU locale, because PostgreSQL has a built-in locale only since 17.
"""

import os
import pwd
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import quote

LOCALE = ("--encoding=UTF8", "--locale-provider=icu", "--icu-locale=und", "--lc-collate=C", "--lc-ctype=C.UTF-8")
SETTINGS = (
    "listen_addresses=",
    "max_connections=200",
    "fsync=off",
    "synchronous_commit=off",
    "full_page_writes=off",
    "jit=off",
    "timezone=UTC",
    "lc_messages=C",
)
PRODUCTION = {
    "SKELETON_SECRET_KEY": "0123456789abcdefghijklmnopqrstuvwxyz",
    "SKELETON_ALLOWED_HOSTS": "localhost,127.0.0.1,testserver",
    "SKELETON_HTTPS": "off",
}


def run_as() -> dict[str, Any]:
    """Return the account to run PostgreSQL as: it refuses root, which becomes nobody."""
    nobody = pwd.getpwnam("nobody")
    return {"user": nobody.pw_uid, "group": nobody.pw_gid, "extra_groups": []} if os.geteuid() == 0 else {}


@contextmanager
def server(programs: Path) -> Iterator[str]:
    """Run a server, and yield its DATABASE_URL."""
    folder = Path(tempfile.mkdtemp(prefix="skeleton-pg-"))
    account = run_as()
    if account:
        os.chown(folder, int(str(account["user"])), int(str(account["group"])))
    data = folder / "data"

    def program(name: str, *arguments: str) -> None:
        subprocess.run([programs / name, *arguments], check=True, cwd="/", stdout=subprocess.DEVNULL, **account)

    options = " ".join([f"-k {folder}", *(f"-c {setting}" for setting in SETTINGS)])
    try:
        program("initdb", f"--pgdata={data}", "--username=skeleton", "--auth=trust", "--no-sync", *LOCALE)
        program("pg_ctl", "start", "-w", "-D", str(data), "-l", str(folder / "log"), "-o", options)
        program("createdb", "-h", str(folder), "-U", "skeleton", "skeleton")
        yield f"postgresql://skeleton@{quote(str(folder), safe='')}/skeleton"
    finally:
        if (data / "postmaster.pid").exists():
            program("pg_ctl", "stop", "-w", "-m", "fast", "-D", str(data))
        shutil.rmtree(folder, ignore_errors=True)


def main(programs: str, *arguments: str) -> int:
    with server(Path(programs)) as url:
        environment = os.environ | PRODUCTION | {"DATABASE_URL": url}
        return subprocess.run([sys.executable, "-m", "pytest", *arguments], check=False, env=environment).returncode


if __name__ == "__main__":
    if len(sys.argv) == 1:
        sys.exit(__doc__)
    sys.exit(main(*sys.argv[1:]))
