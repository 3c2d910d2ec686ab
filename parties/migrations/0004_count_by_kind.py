from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [
        ("parties", "0003_indexes_of_lists"),
        ("core", "0002_row_counts"),
    ]

    operations = [
        migrations.RunSQL(
            "SELECT core_begin_counting('parties_party', 'kind')",
            "SELECT core_stop_counting('parties_party')",
        ),
    ]
