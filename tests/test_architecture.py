"""Tests of the architecture: layers, modules within an app, and forbidden constructs."""

import ast
import re
import tomllib
from pathlib import Path

import pytest
from django.apps import apps
from django.conf import settings
from importlinter.cli import EXIT_STATUS_SUCCESS, lint_imports

from skeleton.testkit.narrowing import present

ROOT = Path(settings.BASE_DIR)
LINTER = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["importlinter"]
CONTRACTS = {contract["id"]: contract for contract in LINTER["contracts"]}

UPWARD = {
    "audit.AuditEntry.actor",  # refers to settings.AUTH_USER_MODEL
}
"""Foreign keys that may point to a higher layer."""


def local_apps():
    return [config for config in apps.get_app_configs() if Path(config.path).is_relative_to(ROOT) and in_tree(config)]


def in_tree(config):
    return "site-packages" not in config.path


def floor_of(app):
    """Return the number of the app's layer (0 is the lowest) and its name."""
    for number, floor in enumerate(reversed(CONTRACTS["floors"]["layers"])):
        if app in (name.strip(" ()") for name in floor.split("|")):
            return number
    raise AssertionError(f"{app} stands on no floor in pyproject.toml")


def sources():
    tops = {config.name.split(".")[0] for config in local_apps()}
    for top in sorted(tops):
        for file in sorted((ROOT / top).rglob("*.py")):
            if "migrations" not in file.parts:
                yield file


def test_import_contracts_hold():
    assert lint_imports(no_cache=True) == EXIT_STATUS_SUCCESS


def test_every_app_is_under_the_contracts():
    for config in local_apps():
        floor_of(config.name)
        assert config.name.split(".")[0] in LINTER["root_packages"], config.name
        if (Path(config.path) / "models.py").exists() or (Path(config.path) / "services").exists():
            kernel = config.name in ("skeleton.db", "skeleton.backoffice")
            assert kernel or config.name in CONTRACTS["inside"]["containers"], config.name


def references():
    """Yield the name, source app and target app of every foreign key and many-to-many field between our models."""
    ours = {config.label: config.name for config in local_apps()}
    for model in apps.get_models(include_auto_created=True):
        if model._meta.app_label not in ours:
            continue
        for field in (*model._meta.local_fields, *model._meta.local_many_to_many):
            if field.related_model is not None and field.related_model._meta.app_label in ours:
                source, target = ours[model._meta.app_label], ours[field.related_model._meta.app_label]
                yield f"{model._meta.label}.{field.name}", source, target


def test_foreign_keys_point_down():
    found = list(references())
    assert len(found) > 5
    wrong = [
        name
        for name, source, target in found
        if source != target and floor_of(target) >= floor_of(source) and name not in UPWARD
    ]
    assert not wrong, f"these references point up or sideways: {wrong}"


def test_every_exception_is_still_needed():
    assert {name for name, _, _ in references()} >= UPWARD


@pytest.mark.parametrize("word", ["utils", "helpers", "lib", "misc", "common"])
def test_nothing_is_called(word):
    assert not [str(file) for file in sources() if word in (file.stem, file.parent.name)]


def test_migrations_are_named():
    names = [file.stem for config in local_apps() for file in Path(config.path).glob("migrations/0*.py")]
    assert names
    assert not [name for name in names if "auto_" in name or "_alter_" in name]


def test_no_file_or_function_is_too_long():
    long = []
    for file in sources():
        text = file.read_text()
        if "tests" in file.parts:
            continue
        if len(text.splitlines()) > 600:
            long.append(f"{file.relative_to(ROOT)}: split it by noun")
        for node in ast.walk(ast.parse(text)):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and present(node.end_lineno) - node.lineno > 60:
                long.append(f"{file.relative_to(ROOT)}:{node.lineno} {node.name}")
    assert not long, "\n".join(long)


TYPED = ("kernel", "db", "rest", "office", "jobs", "server", "testkit")
"""The packages of skeleton/ that everything else depends on."""


def test_the_formatter_is_rarely_switched_off():
    exempt = re.compile(r"# fmt: (?:skip|off)")
    found = [
        f"{file.relative_to(ROOT)}:{number}"
        for file in sorted(ROOT.rglob("*.py"))
        if not any(part.startswith(".") or part in ("var", "node_modules") for part in file.relative_to(ROOT).parts)
        for number, line in enumerate(file.read_text().splitlines(), 1)
        if exempt.search(line)
    ]
    assert len(found) < 20, "\n".join(found)


def test_values_have_types():
    """`Any` is for values of untyped libraries, `object` for values only passed on (skeleton/kernel/types.py)."""
    found = {
        str(file.relative_to(ROOT)): len(re.findall(r"\bAny\b", file.read_text()))
        for package in TYPED
        for file in sorted((ROOT / "skeleton" / package).rglob("*.py"))
        if "tests" not in file.parts
    }
    most = sorted(found.items(), key=lambda item: -item[1])[:10]
    assert sum(found.values()) < 300, f"{sum(found.values())}, most of them in {most}"


def test_nothing_is_imported_inside_a_function():
    inside = [
        f"{file.relative_to(ROOT)}:{node.lineno}"
        for file in sources()
        if "tests" not in file.parts
        for function in ast.walk(ast.parse(file.read_text()))
        if isinstance(function, ast.FunctionDef | ast.AsyncFunctionDef)
        for node in ast.walk(function)
        if isinstance(node, ast.Import | ast.ImportFrom)
    ]
    assert not inside, inside


def test_migrations_do_not_import_apps():
    """A migration that imports an app's code breaks when that code changes. Only two stable modules are allowed."""
    allowed = {"skeleton.kernel.ids", "skeleton.db.migration"}
    ours = tuple({config.name.split(".")[0] for config in local_apps()})
    wrong = []
    for config in local_apps():
        for file in Path(config.path).glob("migrations/*.py"):
            for node in ast.walk(ast.parse(file.read_text())):
                names = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
                names += [node.module or ""] if isinstance(node, ast.ImportFrom) else []
                wrong += [f"{file.name}: {name}" for name in names if name.startswith(ours) and name not in allowed]
    assert not wrong, wrong


def test_sql_stands_in_files_of_its_own():
    """Functions and triggers are in `<app>/sql/<migration>.sql`, and each of these files belongs to a migration."""
    for config in local_apps():
        folder = Path(config.path)
        for file in folder.glob("migrations/0*.py"):
            assert "CREATE " not in file.read_text(), f"{file}: belongs in sql/{file.stem}.sql"
        migrations = {file.stem for file in folder.glob("migrations/0*.py")}
        names = {file.name.removesuffix(".sql").removesuffix(".reverse") for file in folder.glob("sql/0*.sql")}
        assert names <= migrations, names - migrations


def test_every_constraint_and_index_is_named_for_its_table():
    for config in local_apps():
        for model in config.get_models():
            for named in (*model._meta.constraints, *model._meta.indexes):
                assert named.name.startswith(config.label), f"{model._meta.label}: {named.name}"
