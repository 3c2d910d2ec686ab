from django.db import migrations

from skeleton.db.migration import run_sql


class Migration(migrations.Migration):
    dependencies = [
        ("files", "0001_files"),
        ("audit", "0001_audit_log"),
    ]

    operations = [run_sql(__file__, reverse="DROP TRIGGER files_file_audit ON files_file")]
