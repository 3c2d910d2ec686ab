"""Journal entries are searched in folded texts."""

from django.contrib.postgres.indexes import GinIndex, OpClass
from django.db import migrations
from django.db.models import Func, TextField


def folded(name):
    return OpClass(
        Func(name, template="skeleton_fold(%(expressions)s, 1)", output_field=TextField()), name="gin_trgm_ops"
    )


class Migration(migrations.Migration):
    dependencies = [("accounting", "0019_accounts_of_taxes"), ("core", "0009_fold")]

    operations = [
        migrations.AddIndex(
            "entry", GinIndex(folded("description"), folded("reference"), name="accounting_entry_search")
        ),
    ]
