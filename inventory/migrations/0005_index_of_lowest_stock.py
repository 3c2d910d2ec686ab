from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("inventory", "0004_counts")]

    operations = [
        migrations.AddIndex(
            model_name="stock",
            index=models.Index("available", "id", name="inventory_stock_lowest", condition=models.Q(is_low=True)),
        ),
    ]
