"""An item with a tax code has its rate, and follows it."""

from django.db import migrations

from skeleton.db.migration import run_sql


class Migration(migrations.Migration):
    dependencies = [("inventory", "0008_tax_codes"), ("accounting", "0013_tax_code_rules")]

    operations = [run_sql(__file__)]
