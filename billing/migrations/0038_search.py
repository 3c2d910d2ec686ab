"""Documents and payments are searched in folded texts."""

from django.db import migrations, models
from django.db.models import F, Func, TextField, Value
from django.db.models.functions import Coalesce, Concat

from skeleton.db.migration import add_search_text, replace_search_text, run_sql


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
REMOVED = ("number", "reference", "external")


class Migration(migrations.Migration):
    dependencies = [("billing", "0037_imported_numbers"), ("parties", "0009_search"), ("core", "0009_fold")]

    operations = [
        *(
            operation
            for model, table in (("invoice", "invoice"), ("creditnote", "credit_note"), ("order", "order"))
            for operation in replace_search_text(
                model,
                search_text(text_of("customer_name"), text_of("number")),
                index=f"billing_{table}_search",
            )
        ),
        *(migrations.RemoveIndex("payment", f"billing_payment_{short}_text") for short in REMOVED),
        *add_search_text(
            "payment",
            search_text(
                Value("", output_field=TextField()),
                Concat(
                    text_of("number"),
                    GAP,
                    text_of("reference"),
                    GAP,
                    text_of("external_id"),
                    output_field=TextField(),
                ),
            ),
            index="billing_payment_search",
        ),
        run_sql(__file__),
    ]
