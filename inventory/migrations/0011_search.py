"""Items are searched in folded texts."""

from django.db import migrations, models
from django.db.models import F, Func, TextField, Value
from django.db.models.functions import Coalesce

from skeleton.db.migration import replace_search_text


def text_of(name):
    return Coalesce(F(name), Value(""), output_field=TextField())


def search_text(texts, numbers):
    return models.GeneratedField(
        db_persist=True,
        expression=Func(texts, numbers, Value(1), function="skeleton_search_text", output_field=TextField()),
        output_field=TextField(),
        verbose_name="search text",
    )


class Migration(migrations.Migration):
    dependencies = [("inventory", "0010_read_committed"), ("core", "0009_fold")]

    operations = replace_search_text(
        "item", search_text(text_of("name"), text_of("sku")), index="inventory_item_search"
    )
