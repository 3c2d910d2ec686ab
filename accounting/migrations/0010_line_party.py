"""A line can name the party that it concerns, which postings by hand on receivables and advances must."""

import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("accounting", "0009_more_sources"), ("parties", "0007_names_and_messages")]

    operations = [
        migrations.AddField(
            "line",
            "party",
            models.ForeignKey(
                to="parties.party",
                on_delete=django.db.models.deletion.PROTECT,
                null=True,
                blank=True,
                related_name="+",
                db_index=False,
                verbose_name="party",
            ),
        ),
        migrations.AddIndex(
            "line",
            models.Index("party", "account", name="accounting_line_party", condition=models.Q(party__isnull=False)),
        ),
    ]
