"""The documents in docs/schema match the database."""

from pathlib import Path

import pytest
from django.conf import settings
from django.core.management import CommandError, call_command
from django.db import connection

from skeleton.db.schema import documents, write_documents
from skeleton.testkit.roles import as_owner

FOLDER = Path(settings.BASE_DIR) / "docs" / "schema"
pytestmark = pytest.mark.django_db


def test_documents_are_what_the_database_says():
    found = {file.stem: file.read_text(encoding="utf-8") for file in FOLDER.glob("*.sql")}
    assert found == documents(), "`manage.py migrate` and `manage.py document_schema` renew docs/schema"


def test_every_function_of_ours_is_in_one_of_them():
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT proname FROM pg_proc p WHERE pronamespace = 'public'::regnamespace"
            " AND proname NOT LIKE 'procrastinate%'"
            " AND NOT EXISTS (SELECT FROM pg_depend d WHERE d.objid = p.oid AND d.deptype = 'e')"
        )
        names = [row[0] for row in cursor.fetchall()]
    texts = list(documents().values())
    for name in names:
        assert sum(f"\nCREATE OR REPLACE FUNCTION {name}(" in text for text in texts) == 1, name


def test_writing_removes_what_is_no_more(tmp_path):
    (tmp_path / "gone.sql").write_text("")
    write_documents(tmp_path)
    assert {file.name for file in tmp_path.iterdir()} == {f"{name}.sql" for name in documents()}


def test_a_database_that_lacks_migrations_is_not_documented():
    with as_owner(), connection.cursor() as cursor:
        cursor.execute("""
            DELETE FROM django_migrations WHERE app = 'billing' AND name = (
                SELECT max(name) FROM django_migrations WHERE app = 'billing'
            )""")
    with pytest.raises(CommandError, match="migrate"):
        call_command("document_schema")
