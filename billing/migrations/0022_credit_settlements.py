"""Credit notes and write-offs among the settlements, in the books, and what they mean for invoices and orders."""

from django.db import migrations

from skeleton.db.migration import run_sql


class Migration(migrations.Migration):
    dependencies = [("billing", "0021_credit_notes")]

    operations = [run_sql(__file__)]
