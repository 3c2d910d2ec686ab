"""Audits tax codes, and lets other tables refer to a code together with its rate."""

from django.db import migrations

from skeleton.db.migration import run_sql


class Migration(migrations.Migration):
    dependencies = [("accounting", "0012_tax_codes"), ("audit", "0002_shared_helpers")]

    operations = [run_sql(__file__)]
