from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("notifications", "0004_names_and_messages")]

    # Only Django's name changes: the table stays `notifications_occasion`.
    operations = [migrations.RenameModel("Occasion", "NotificationKey")]
