"""Dates of invoices and of their supply, the day in the books, references and the delivery address."""

import django.db.models.expressions
from django.conf import settings
from django.db import migrations, models

from skeleton.db.migration import run_sql


class Migration(migrations.Migration):

    dependencies = [
        ("billing", "0026_settled_once_posted"),
        ('parties', '0008_customers_invoicing'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.RemoveIndex(
            model_name='invoice',
            name='billing_invoice_sent_at',
        ),
        migrations.AddField(
            model_name='creditnote',
            name='issue_date_given',
            field=models.BooleanField(db_default=False, default=False, verbose_name='issue date given'),
        ),
        migrations.AddField(
            model_name='invoice',
            name='buyer_reference',
            field=models.CharField(blank=True, max_length=100, null=True, verbose_name='buyer reference'),
        ),
        migrations.AddField(
            model_name='invoice',
            name='delivery_address',
            field=models.JSONField(blank=True, null=True, verbose_name='delivery address'),
        ),
        migrations.AddField(
            model_name='invoice',
            name='delivery_date',
            field=models.DateField(blank=True, null=True, verbose_name='delivery date'),
        ),
        migrations.AddField(
            model_name='invoice',
            name='issue_date_given',
            field=models.BooleanField(db_default=False, default=False, verbose_name='issue date given'),
        ),
        migrations.AddField(
            model_name='invoice',
            name='payment_days',
            field=models.SmallIntegerField(blank=True, null=True, verbose_name='payment days'),
        ),
        migrations.AddField(
            model_name='invoice',
            name='posted_on',
            field=models.DateField(blank=True, editable=False, null=True, verbose_name='posted on'),
        ),
        migrations.AddField(
            model_name='invoice',
            name='purchase_order_reference',
            field=models.CharField(blank=True, max_length=100, null=True, verbose_name='purchase order'),
        ),
        migrations.AddField(
            model_name='invoice',
            name='service_end',
            field=models.DateField(blank=True, null=True, verbose_name='service until'),
        ),
        migrations.AddField(
            model_name='invoice',
            name='service_start',
            field=models.DateField(blank=True, null=True, verbose_name='service from'),
        ),
        run_sql(__file__),
        migrations.AddIndex(
            model_name='invoice',
            index=models.Index(models.F('posted_on'), models.F('id'), condition=models.Q(('posted_on__isnull', False)), name='billing_invoice_posted_on'),
        ),
        migrations.AddConstraint(
            model_name='invoice',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('posted_on', None), ('sent_at', None)), models.Q(('posted_on__isnull', False), ('sent_at__isnull', False)), _connector='OR'), name='billing_invoice_posted_when_sent', violation_error_message='An invoice has a day in the books once it is sent, and not before.'),
        ),
        migrations.AddConstraint(
            model_name='invoice',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('service_end', None), ('service_start', None)), models.Q(('delivery_date', None), ('service_end__isnull', False), ('service_start__isnull', False), ('service_end__gte', models.F('service_start'))), _connector='OR'), name='billing_invoice_supply_fits', violation_error_code='delivery_date', violation_error_message='Give either the date of supply, or the first and the last day of the service.'),
        ),
        migrations.AddConstraint(
            model_name='invoice',
            constraint=models.CheckConstraint(condition=models.Q(('payment_days', None), models.Q(('payment_days__gte', 0), ('due_date', django.db.models.expressions.CombinedExpression(models.F('issue_date'), '+', models.F('payment_days'), models.DateField()))), _connector='OR'), name='billing_invoice_due_date_counted', violation_error_code='due_date', violation_error_message='The due date must be the payment days after the issue date.'),
        ),
    ]
