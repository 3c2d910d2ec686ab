"""A credit note leaves alone what write-offs with corrected tax have taken of a rate."""

from django.db import migrations

from skeleton.db.migration import run_sql


class Migration(migrations.Migration):
    dependencies = [("billing", "0024_payment_filters")]

    operations = [run_sql(__file__)]
