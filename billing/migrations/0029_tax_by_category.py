"""Taxes of documents are per category and rate, and prices may be those of several units."""

from django.db import migrations

from skeleton.db.migration import run_sql


class Migration(migrations.Migration):
    dependencies = [("billing", "0028_tax_codes"), ("accounting", "0013_tax_code_rules")]

    operations = [run_sql(__file__)]
