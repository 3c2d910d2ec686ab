from django.db import migrations, models

# Nothing could set another one than English until now; should somebody have written one by hand, it becomes that.
KNOWN = "UPDATE identity_user SET language = 'en' WHERE language NOT IN ('en', 'uk', 'de')"


class Migration(migrations.Migration):
    dependencies = [
        ("identity", "0003_audit_passwords"),
    ]

    operations = [
        migrations.RunSQL(KNOWN, migrations.RunSQL.noop),
        migrations.AlterField(
            model_name="user",
            name="language",
            field=models.CharField(
                choices=[("en", "English"), ("uk", "Українська"), ("de", "Deutsch")], default="en", max_length=2
            ),
        ),
        migrations.AddConstraint(
            model_name="user",
            constraint=models.CheckConstraint(
                condition=models.Q(("language__in", ["en", "uk", "de"])),
                name="identity_user_language_known",
                violation_error_code="language",
            ),
        ),
    ]
