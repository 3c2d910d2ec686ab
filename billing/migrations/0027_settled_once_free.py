"""A settlement counts from the last undoing of what its invoice, payment or credit note settled, at the earliest."""

from django.db import migrations

from skeleton.db.migration import run_sql


class Migration(migrations.Migration):
    dependencies = [("billing", "0026_settled_once_posted")]

    operations = [run_sql(__file__)]
