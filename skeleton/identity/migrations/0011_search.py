"""Users are searched in folded texts."""

from django.contrib.postgres.indexes import GinIndex, OpClass
from django.db import migrations
from django.db.models import Func, TextField


def folded(name):
    return OpClass(
        Func(name, template="skeleton_fold(%(expressions)s, 1)", output_field=TextField()), name="gin_trgm_ops"
    )


class Migration(migrations.Migration):
    dependencies = [("identity", "0010_read_committed"), ("core", "0009_fold")]

    operations = [
        migrations.RemoveIndex("user", "identity_user_search"),
        migrations.AddIndex("user", GinIndex(folded("email"), folded("name"), name="identity_user_search")),
    ]
