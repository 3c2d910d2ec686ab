"""Indexes for the search of payments in the back office."""

import django.contrib.postgres.indexes
import django.db.models.functions.text
from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("billing", "0027_settled_once_free")]

    operations = [
        migrations.AddIndex(
            model_name="payment",
            index=django.contrib.postgres.indexes.GinIndex(
                django.contrib.postgres.indexes.OpClass(
                    django.db.models.functions.text.Upper(name), name="gin_trgm_ops"
                ),
                name=f"billing_payment_{short}_text",
            ),
        )
        for name, short in (("number", "number"), ("reference", "reference"), ("external_id", "external"))
    ]
