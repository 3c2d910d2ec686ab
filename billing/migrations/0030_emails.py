"""The log of e-mail with documents, with its rules in PostgreSQL."""

import django.contrib.postgres.fields
import django.db.models.deletion
import django.utils.timezone
import skeleton.kernel.ids
from django.conf import settings
from django.db import migrations, models

from skeleton.db.migration import run_sql


class Migration(migrations.Migration):

    dependencies = [
        ('billing', '0031_days_of_the_company'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name='DocumentEmail',
            fields=[
                ('id', models.UUIDField(default=skeleton.kernel.ids.uuid7, editable=False, primary_key=True, serialize=False)),
                ('created_at', models.DateTimeField(default=django.utils.timezone.now, editable=False, verbose_name='created at')),
                ('updated_at', models.DateTimeField(auto_now=True, verbose_name='updated at')),
                ('kind', models.CharField(choices=[('document', 'Document'), ('reminder', 'Reminder')], max_length=8, verbose_name='kind')),
                ('level', models.SmallIntegerField(blank=True, null=True, verbose_name='reminder level')),
                ('recipients', django.contrib.postgres.fields.ArrayField(base_field=models.CharField(max_length=254), size=None, verbose_name='recipients')),
                ('cc', django.contrib.postgres.fields.ArrayField(base_field=models.CharField(max_length=254), blank=True, default=list, size=None, verbose_name='copies')),
                ('subject', models.CharField(max_length=200, verbose_name='subject')),
                ('message', models.TextField(verbose_name='message')),
                ('language', models.CharField(choices=[('en', 'English'), ('uk', 'Українська'), ('de', 'Deutsch')], max_length=2, verbose_name='language')),
                ('status', models.CharField(choices=[('queued', 'Queued'), ('sent', 'Sent'), ('failed', 'Failed'), ('cancelled', 'Not sent')], default='queued', max_length=9, verbose_name='status')),
                ('attempts', models.IntegerField(default=0, verbose_name='attempts')),
                ('error', models.TextField(blank=True, default='', verbose_name='error')),
                ('attachments', models.JSONField(blank=True, default=list, verbose_name='attachments')),
                ('sent_at', models.DateTimeField(blank=True, null=True, verbose_name='sent at')),
                ('created_by', models.ForeignKey(blank=True, db_index=False, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL, verbose_name='created by')),
                ('credit_note', models.ForeignKey(blank=True, db_index=False, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='emails', to='billing.creditnote', verbose_name='credit note')),
                ('invoice', models.ForeignKey(blank=True, db_index=False, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='emails', to='billing.invoice', verbose_name='invoice')),
                ('order', models.ForeignKey(blank=True, db_index=False, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='emails', to='billing.order', verbose_name='order')),
            ],
            options={
                'verbose_name': 'e-mail',
                'verbose_name_plural': 'e-mails',
                'db_table': 'billing_email',
                'indexes': [models.Index(models.F('invoice'), models.F('id'), condition=models.Q(('invoice__isnull', False)), name='billing_email_invoice'), models.Index(models.F('credit_note'), models.F('id'), condition=models.Q(('credit_note__isnull', False)), name='billing_email_credit_note'), models.Index(models.F('order'), models.F('id'), condition=models.Q(('order__isnull', False)), name='billing_email_order'), models.Index(models.F('status'), models.F('id'), name='billing_email_status'), models.Index(models.F('kind'), models.F('id'), name='billing_email_kind'), models.Index(models.F('created_at'), models.F('id'), name='billing_email_created_at')],
                'constraints': [models.CheckConstraint(condition=models.Q(models.Q(('credit_note', None), ('invoice__isnull', False), ('order', None)), models.Q(('credit_note__isnull', False), ('invoice', None), ('order', None)), models.Q(('credit_note', None), ('invoice', None), ('order__isnull', False)), _connector='OR'), name='billing_email_of_one', violation_error_message='An e-mail belongs to exactly one document.'), models.CheckConstraint(condition=models.Q(models.Q(('kind', 'document'), ('level', None)), models.Q(models.Q(('credit_note', None), ('invoice__isnull', False), ('order', None)), ('kind', 'reminder'), ('level__gte', 1), ('level__isnull', False)), _connector='OR'), name='billing_email_level_fits', violation_error_code='level', violation_error_message='A reminder belongs to an invoice and has a level from 1; nothing else has.'), models.UniqueConstraint(condition=models.Q(('status__in', ['queued', 'sent'])), fields=('invoice', 'level'), name='billing_email_level_once', violation_error_message='The customer has been sent this reminder already.'), models.CheckConstraint(condition=models.Q(models.Q(('sent_at', None), ('status__in', ['queued', 'failed', 'cancelled'])), models.Q(('sent_at__isnull', False), ('status', 'sent')), _connector='OR'), name='billing_email_status_fits', violation_error_code='status', violation_error_message='An e-mail has a time of sending if it was sent, and only then.'), models.CheckConstraint(condition=models.Q(('attempts__gte', 0)), name='billing_email_attempts_positive', violation_error_code='attempts', violation_error_message='Must not be negative.'), models.CheckConstraint(condition=models.Q(('recipients__len__gte', 1)), name='billing_email_has_recipients', violation_error_code='to', violation_error_message='An e-mail needs a recipient.'), models.CheckConstraint(condition=models.Q(models.Q(('subject', ''), _negated=True), models.Q(('message', ''), _negated=True)), name='billing_email_has_text', violation_error_code='subject', violation_error_message='Must not be empty.')],
            },
        ),
        run_sql(__file__),
    ]
