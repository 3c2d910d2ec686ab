"""Fixtures for the servers under attack. A server broken by an attack is restarted for the next one."""

import json
from contextlib import ExitStack
from pathlib import Path

import pytest

from skeleton.testkit.database import own_database
from skeleton.testkit.system import ADMIN, PRODUCTION, ServerProcess
from tests.attack import payloads
from tests.attack.accounts import Accounts
from tests.attack.measurement import Kind
from tests.attack.proxy import nginx
from tests.attack.toolkit import FULL, AttackTarget, bare_server

SETTINGS = {
    "SKELETON_REGISTRATION": "open",
    "SKELETON_ACCESS_TOKEN_SECONDS": "7200",
    **PRODUCTION,
}
SHORT = {} if FULL else {"BODY_IDLE": "1", "BODY": "4", "QUEUE": "2", "DRAIN": "4"}
"""Shorter limits for `make unit`. `make attack` uses the server's defaults."""


def pytest_collection_modifyitems(items):
    """Skip slow tests unless run by `make attack`."""
    for item in items:
        if item.get_closest_marker("attack") and not FULL and Path(item.path).parent == Path(__file__).parent:
            item.add_marker(pytest.mark.skip(reason="make attack runs it"))


def pytest_terminal_summary(terminalreporter):
    """Print the measurements of `make attack`, including those of passed tests."""
    for report in [*terminalreporter.getreports("passed"), *terminalreporter.getreports("failed")]:
        figures = [line for name, line in report.user_properties if name == "figures"]
        if FULL and report.when == "call" and figures:
            terminalreporter.write_line("\n".join([f"\n{report.outcome} {report.nodeid}", *figures]))


@pytest.fixture(scope="session")
def attack_database(tmp_path_factory):
    """A separate embedded PostgreSQL that tests can freeze."""
    if not Path("/proc/self/stat").exists():
        pytest.skip("looks into /proc")
    with own_database(tmp_path_factory.mktemp("attack-database")) as found:
        yield found


class ServerPool:
    """The servers of a test session by settings, started on demand and restarted after an attack broke them."""

    def __init__(self, database, folders, stack):
        self.database, self.folders, self.stack = database, folders, stack
        self.running = {}

    def of(self, **settings):
        key = json.dumps(settings, sort_keys=True)
        found = self.running.get(key)
        if found is None or not self._is_sound(found):
            if found is not None:
                found.system.stop()
            found = self.running[key] = self._start(settings)
        found.sign_in()
        return found

    def _start(self, settings):
        folder = self.folders.mktemp("attack")
        scratch = folder / "scratch"
        scratch.mkdir()
        own = {"DATABASE_URL": self.database.url, "TMPDIR": str(scratch)}
        short = {f"SKELETON_{name}_SECONDS": seconds for name, seconds in SHORT.items()}
        system = ServerProcess(folder, **SETTINGS, **short, **own, **settings)
        system.start()
        self.stack.callback(stop_if_running, system)
        return Accounts(system)

    def _is_sound(self, accounts):
        system = accounts.system
        system.token = ""
        return system.server.poll() is None and all(
            system.call("GET", "/admin/login/", prefix="", seconds=3).status == 200 for _ in range(8)
        )


def stop_if_running(system):
    if system.server.poll() is None:
        system.stop()


@pytest.fixture(scope="session")
def servers(attack_database, tmp_path_factory):
    with ExitStack() as stack:
        yield ServerPool(attack_database, tmp_path_factory, stack)


@pytest.fixture(scope="session")
def bare():
    with bare_server() as port:
        yield port


def requests_of(accounts, bare_port):
    """Return the requests of honest clients: signed-in reads and writes, and a monitor of /health."""
    port, token = accounts.system.port, payloads.bearer(accounts.token)
    customer = accounts.system.call("POST", "/customers", {"name": "Acme", "email": "a@example.com"}).data["id"]
    line = {"description": "Work", "quantity": 1, "unit_price": 1000}
    invoice = {"customer_id": customer, "due_date": "2099-02-15", "lines": [line]}
    page = f"Cookie: {accounts.cookies}"
    return [
        Kind("bare", get("/"), bare_port, 0.02, steady=True),
        Kind("health", get("/health"), port, 0.02, steady=True),
        Kind("reader", get("/api/v1/customers?limit=20", token, close=False), port, 0.1, clients=2, kept=True),
        Kind("writer", post("/api/v1/customers", {"name": "Acme", "email": "a@example.com"}, token), port, 0.2),
        Kind("invoicer", post("/api/v1/invoices", invoice, token), port, 0.3),
        Kind("clerk", get("/admin/parties/customer/", page), port, 0.5),
        Kind("login", post("/api/v1/auth/login", ADMIN), port, 1.0),
    ]


def get(path, *fields, close=True):
    return payloads.head("GET", path, *fields, *(["Connection: close"] if close else [])).decode()


def post(path, body, *fields):
    text = json.dumps(body)
    length = f"Content-Length: {len(text)}"
    return payloads.head("POST", path, payloads.JSON, length, "Connection: close", *fields).decode() + text


@pytest.fixture
def target_factory(servers, bare, record_property):
    """Return a function that creates an AttackTarget for a server with the given settings."""

    def start(**settings):
        accounts = servers.of(**settings)
        kinds = requests_of(accounts, bare)
        return AttackTarget(
            accounts.system, kinds, servers.database, accounts, lambda line: record_property("figures", line)
        )

    return start


@pytest.fixture
def target(target_factory):
    """An AttackTarget for a server with the default settings."""
    return target_factory()


@pytest.fixture
def proxied(target_factory, tmp_path):
    """An AttackTarget for a server behind nginx, and nginx's ports. Uploads are rate limited, to test 429."""
    target = target_factory(
        SKELETON_PROXIES="1",
        SKELETON_THROTTLE="on",
        **{f"SKELETON_LIMIT_{name}": "1000000" for name in ("LOGIN", "LOGIN_ADDRESS", "REGISTER", "GENERAL")},
        SKELETON_LIMIT_UPLOAD="60",
    )
    with nginx(tmp_path, target.system.port) as ports:
        yield target, ports
