"""Add the accounts for cash, advances and bad debt to a chart that was seeded before they existed."""

from django.conf import settings
from django.db import migrations

ACCOUNTS = (
    ("CASH", "1100", "Cash", "asset", "1000"),
    ("ADVANCES", "2300", "Customer advances", "liability", "2000"),
    ("BAD_DEBT", "5500", "Bad debt", "expense", "5000"),
)

# A chart with the receivables account was seeded. An account that has the code already stays as it is: postings that
# need another type are refused, and name it.
ADD = """
    INSERT INTO accounting_account (id, created_at, updated_at, code, name, type, parent_id, is_active)
    SELECT skeleton_uuid7(), now(), now(), %s, %s, kind.type,
           (SELECT a.id FROM accounting_account a WHERE a.code = %s AND a.type = kind.type), true
    FROM (SELECT %s::text AS type) AS kind
    WHERE EXISTS (SELECT FROM accounting_account WHERE code = %s)
    ON CONFLICT (code) DO NOTHING
"""


def statements() -> list[tuple[str, list[str]]]:
    """Return an insert for each account, under the code that the settings assign to its role."""
    codes = settings.SKELETON_ACCOUNTS
    receivable = codes.get("RECEIVABLE", "1300")
    return [
        (ADD, [codes.get(role, code), name, parent, kind, receivable]) for role, code, name, kind, parent in ACCOUNTS
    ]


class Migration(migrations.Migration):
    dependencies = [("accounting", "0010_line_party")]

    operations = [migrations.RunSQL(statements(), migrations.RunSQL.noop)]
