"""SKUs and codes of warehouses are unique by their folded keys."""

from django.db import migrations, models

from skeleton.db.migration import run_sql


class Migration(migrations.Migration):
    dependencies = [("inventory", "0011_search")]

    operations = [
        migrations.RemoveConstraint("item", "inventory_item_sku_unique"),
        migrations.RemoveConstraint("warehouse", "inventory_warehouse_code_unique"),
        migrations.AddField(
            "item",
            "sku_key",
            models.TextField(default="", editable=False, verbose_name="key of the SKU"),
            preserve_default=True,
        ),
        migrations.AddField(
            "warehouse",
            "code_key",
            models.TextField(blank=True, editable=False, null=True, verbose_name="key of the code"),
        ),
        run_sql(__file__),
        migrations.AddConstraint(
            "item",
            models.UniqueConstraint(
                fields=("sku_key",),
                name="inventory_item_sku_unique",
                violation_error_code="sku",
                violation_error_message="Another item already has this SKU.",
            ),
        ),
        migrations.AddConstraint(
            "warehouse",
            models.UniqueConstraint(
                fields=("code_key",),
                name="inventory_warehouse_code_unique",
                violation_error_code="code",
                violation_error_message="Another warehouse already has this code.",
            ),
        ),
    ]
