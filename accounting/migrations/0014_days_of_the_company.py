from django.db import migrations

from skeleton.db.migration import run_sql


class Migration(migrations.Migration):
    dependencies = [
        ("accounting", "0013_tax_code_rules"),
        ("company", "0003_today"),
    ]

    operations = [run_sql(__file__)]
