from django.db import migrations

from skeleton.db.migration import run_sql


class Migration(migrations.Migration):
    dependencies = [("company", "0002_company_rules")]

    operations = [run_sql(__file__, reverse="DROP FUNCTION company_today()")]
