"""What members missed while removed from a conversation; deleted messages are found by their number."""

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

from skeleton.db.migration import run_sql


class Migration(migrations.Migration):

    dependencies = [
        ("messenger", "0009_one_log"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name='Absence',
            fields=[
                ('id', models.BigAutoField(primary_key=True, serialize=False)),
                ('after_seq', models.BigIntegerField()),
                ('until_seq', models.BigIntegerField(null=True)),
            ],
            options={
                'db_table': 'messenger_absence',
            },
        ),
        migrations.AddIndex(
            model_name='message',
            index=models.Index(models.F('conversation'), models.F('seq'), condition=models.Q(('deleted_at__isnull', False)), name='messenger_message_deleted'),
        ),
        migrations.AddField(
            model_name='absence',
            name='conversation',
            field=models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='messenger.conversation'),
        ),
        migrations.AddField(
            model_name='absence',
            name='user',
            field=models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL),
        ),
        migrations.AddIndex(
            model_name='absence',
            index=models.Index(models.F('conversation'), models.F('user'), name='messenger_absence_of_user'),
        ),
        run_sql(__file__),
    ]
