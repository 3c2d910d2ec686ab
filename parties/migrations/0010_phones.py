"""The phone numbers of parties in one form, where they tell their country."""

from django.db import migrations, models
from django.db.models import F, Func, Q

from skeleton.db.migration import run_sql


class Migration(migrations.Migration):
    dependencies = [("parties", "0009_search")]

    operations = [
        migrations.AddField(
            "party",
            "phone_e164",
            models.GeneratedField(
                db_persist=True,
                expression=Func(F("phone"), function="skeleton_e164", output_field=models.CharField(max_length=16)),
                output_field=models.CharField(max_length=16),
                verbose_name="phone in E.164",
            ),
        ),
        migrations.AddIndex(
            "party",
            models.Index(
                "phone_e164", "id", name="parties_party_phone", condition=Q(phone_e164__isnull=False)
            ),
        ),
        run_sql(__file__),
    ]
