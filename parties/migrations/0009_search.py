"""Parties are searched in folded texts."""

from django.db import migrations, models
from django.db.models import F, Func, TextField, Value
from django.db.models.functions import Coalesce, Concat

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


GAP = Value("\n")


class Migration(migrations.Migration):
    dependencies = [("parties", "0008_customers_invoicing"), ("core", "0009_fold")]

    operations = replace_search_text(
        "party",
        search_text(
            Concat(text_of("name"), GAP, text_of("email"), output_field=TextField()),
            Concat(text_of("tax_id"), GAP, text_of("vat_id"), GAP, text_of("phone"), output_field=TextField()),
        ),
        index="parties_party_search",
    )
