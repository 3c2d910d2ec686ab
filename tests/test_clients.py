"""Clients that are generated from the OpenAPI document: the README's story, checked strictly and run.

They need Node and the packages in `clients/`, which `make clients` installs. Otherwise these tests are skipped.
"""

import json
import os
import shutil
import subprocess
from pathlib import Path

import pytest
from django.conf import settings as configured

from skeleton.identity.tests.factories import PASSWORD, user_in_role
from skeleton.testkit.client import document

ROOT = Path(configured.BASE_DIR)
CLIENTS, OUT = ROOT / "clients", ROOT / "clients" / "out"
PYTHON = ROOT / "var" / "clients" / "venv" / "bin"
EMAIL = "olha@example.com"


def node(*command: str) -> None:
    run("npx", "--no-install", *command)


def run(*command: str, **environment: str) -> None:
    """Run a command in `clients`. Fails with its output."""
    done = subprocess.run(
        command, cwd=CLIENTS, env={**os.environ, **environment}, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, f"{' '.join(command)}:\n{done.stdout[-4000:]}\n{done.stderr[-4000:]}"


@pytest.fixture
def openapi() -> str:
    """The path of the document, relative to `clients`."""
    OUT.mkdir(exist_ok=True)
    (OUT / "openapi.json").write_text(json.dumps(document()))
    return "out/openapi.json"


@pytest.fixture
def server(live_server, chart, tmp_path, settings):
    """The environment of a client: where the server is, and who signs in."""
    settings.SKELETON_DATA_DIR, settings.MEDIA_ROOT = tmp_path, tmp_path / "files"
    user_in_role("super_admin", email=EMAIL)
    return {"SKELETON_URL": live_server.url, "SKELETON_EMAIL": EMAIL, "SKELETON_PASSWORD": PASSWORD}


needs_node = pytest.mark.skipif(
    not shutil.which("node") or not (CLIENTS / "node_modules").exists(), reason="No Node packages here: make clients."
)
needs_generator = pytest.mark.skipif(
    not (PYTHON / "openapi-python-client").exists(), reason="No generator of Python clients here: make clients."
)


@needs_node
@pytest.mark.django_db(transaction=True)
def test_typescript(server, openapi):
    node("openapi-typescript", openapi, "--output", "out/schema.d.ts")
    node("tsc", "--project", "tsconfig.json")
    run("node", "out/js/typescript/story.js", **server)


@needs_generator
@pytest.mark.django_db(transaction=True)
def test_python(server, openapi):
    target = ("--output-path", "out/skeleton_client", "--overwrite", "--meta", "none", "--config", "python.yml")
    run(str(PYTHON / "openapi-python-client"), "generate", "--path", openapi, *target)
    run(str(PYTHON / "mypy"), "--config-file", "mypy.ini", "python/story.py")
    run(str(PYTHON / "python"), "python/story.py", **server, PYTHONPATH="out")


@needs_node
@pytest.mark.parametrize(
    "linter", [("redocly", "lint", "--config", "redocly.yaml"), ("spectral", "lint", "--fail-severity=hint")]
)
def test_linters_of_openapi_find_nothing(openapi, linter):
    """What is switched off has its reason beside it, in `clients/redocly.yaml` and `clients/.spectral.yaml`."""
    node(*linter, openapi)
