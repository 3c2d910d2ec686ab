from django.db import migrations, models

CHOICES = [
    ("plain", "Commas and decimal points (1234.50)"),
    ("local", "For Excel: semicolons and decimal commas (1234,50)"),
]


class Migration(migrations.Migration):
    dependencies = [("identity", "0011_search")]

    operations = [
        migrations.AddField(
            model_name="user",
            name="csv_format",
            field=models.CharField(
                choices=CHOICES, db_default="plain", default="plain", max_length=5, verbose_name="CSV format"
            ),
        ),
        migrations.AddConstraint(
            model_name="user",
            constraint=models.CheckConstraint(
                condition=models.Q(("csv_format__in", ["plain", "local"])),
                name="identity_user_csv_format_known",
                violation_error_code="csv_format",
                violation_error_message="This format is not available.",
            ),
        ),
    ]
