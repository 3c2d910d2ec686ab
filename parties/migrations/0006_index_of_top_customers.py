from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("parties", "0005_kinds_as_views")]

    operations = [
        migrations.AddIndex(
            model_name="party",
            index=models.Index("kind", "currency", "total_purchases", "id", name="parties_party_purchases_in"),
        ),
    ]
