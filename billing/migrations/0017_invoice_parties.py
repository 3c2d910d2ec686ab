from django.db import migrations


class Migration(migrations.Migration):
    """Renames the model; its table has kept its name."""

    dependencies = [("billing", "0016_task_renamed")]

    operations = [migrations.RenameModel("Correspondents", "InvoiceParties")]
