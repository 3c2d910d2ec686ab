from django.db import migrations


def view(name):
    """A proxy: a kind of party, with no table of its own."""
    options = {"proxy": True, "indexes": [], "constraints": []}
    return migrations.CreateModel(name=name, fields=[], options=options, bases=("parties.party",))


class Migration(migrations.Migration):
    dependencies = [("parties", "0004_count_by_kind")]

    operations = [view("Customer"), view("Supplier"), view("Partner"), view("Employee")]
