from django.db import migrations

AUDIT = """
CREATE TRIGGER files_file_audit AFTER INSERT OR UPDATE OR DELETE ON files_file
    FOR EACH ROW EXECUTE FUNCTION audit_row('files', '{storage_key}');
"""


class Migration(migrations.Migration):
    dependencies = [
        ("files", "0001_files"),
        ("audit", "0001_audit_log"),
    ]

    operations = [migrations.RunSQL(AUDIT, "DROP TRIGGER files_file_audit ON files_file")]
