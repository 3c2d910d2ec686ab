"""A settlement counts from the day of its invoice's posting at the earliest."""

from django.db import migrations

from skeleton.db.migration import run_sql


class Migration(migrations.Migration):
    dependencies = [("billing", "0025_credit_beside_corrected_tax")]

    operations = [run_sql(__file__)]
