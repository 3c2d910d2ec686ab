"""Credit notes and their lines, with their rules in PostgreSQL."""

import django.contrib.postgres.indexes
import django.db.models.deletion
import django.db.models.expressions
import django.db.models.functions.comparison
import django.db.models.functions.text
import django.utils.timezone
import skeleton.kernel.ids
from decimal import Decimal
from django.conf import settings
from django.db import migrations, models

from skeleton.db.migration import run_sql


class Migration(migrations.Migration):

    dependencies = [
        ('billing', '0020_settlement_rules'),
        ('inventory', '0007_names_and_messages'),
        ('parties', '0007_names_and_messages'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name='CreditNote',
            fields=[
                ('id', models.UUIDField(default=skeleton.kernel.ids.uuid7, editable=False, primary_key=True, serialize=False)),
                ('created_at', models.DateTimeField(default=django.utils.timezone.now, editable=False, verbose_name='created at')),
                ('updated_at', models.DateTimeField(auto_now=True, verbose_name='updated at')),
                ('customer_name', models.CharField(editable=False, max_length=255, verbose_name='customer name')),
                ('currency', models.CharField(max_length=3, verbose_name='currency')),
                ('subtotal', models.BigIntegerField(default=0, verbose_name='subtotal')),
                ('tax_total', models.BigIntegerField(default=0, verbose_name='tax')),
                ('tax_breakdown', models.JSONField(default=list, verbose_name='tax breakdown')),
                ('total', models.BigIntegerField(default=0, verbose_name='total')),
                ('notes', models.TextField(blank=True, null=True, verbose_name='notes')),
                ('search_text', models.GeneratedField(db_persist=True, expression=django.db.models.functions.text.Lower(django.db.models.functions.text.Concat('number', models.Value('\n'), 'customer_name', output_field=models.TextField())), output_field=models.TextField(), verbose_name='search text')),
                ('number', models.CharField(blank=True, editable=False, max_length=40, null=True, verbose_name='number')),
                ('number_key', models.GeneratedField(db_persist=True, expression=django.db.models.functions.comparison.Coalesce(models.Func(models.F('number'), template="(split_part(%(expressions)s, '-', 2) || lpad(split_part(%(expressions)s, '-', 3), 12, '0'))"), models.Value(''), output_field=models.TextField()), output_field=models.TextField(), verbose_name='number key')),
                ('status', models.CharField(choices=[('draft', 'Draft'), ('sent', 'Sent')], default='draft', max_length=5, verbose_name='status')),
                ('reason', models.TextField(blank=True, null=True, verbose_name='reason')),
                ('issue_date', models.DateField(verbose_name='issue date')),
                ('allocated', models.BigIntegerField(default=0, editable=False, verbose_name='allocated')),
                ('refunded', models.BigIntegerField(default=0, editable=False, verbose_name='refunded')),
                ('sent_at', models.DateTimeField(blank=True, null=True, verbose_name='sent at')),
                ('seller', models.JSONField(blank=True, editable=False, null=True, verbose_name='seller')),
                ('buyer', models.JSONField(blank=True, editable=False, null=True, verbose_name='buyer')),
            ],
            options={
                'verbose_name': 'credit note',
                'verbose_name_plural': 'credit notes',
                'db_table': 'billing_credit_note',
            },
        ),
        migrations.CreateModel(
            name='CreditNoteLine',
            fields=[
                ('id', models.UUIDField(default=skeleton.kernel.ids.uuid7, editable=False, primary_key=True, serialize=False)),
                ('created_at', models.DateTimeField(default=django.utils.timezone.now, editable=False, verbose_name='created at')),
                ('updated_at', models.DateTimeField(auto_now=True, verbose_name='updated at')),
                ('position', models.IntegerField(verbose_name='position')),
                ('description', models.CharField(max_length=1000, verbose_name='description')),
                ('unit_price', models.BigIntegerField(verbose_name='unit price')),
                ('discount', models.BigIntegerField(default=0, verbose_name='discount')),
                ('tax_rate', models.DecimalField(decimal_places=4, default=Decimal('0'), max_digits=7, verbose_name='tax rate')),
                ('total', models.BigIntegerField(verbose_name='total')),
                ('quantity', models.DecimalField(blank=True, decimal_places=3, max_digits=15, null=True, verbose_name='quantity')),
            ],
            options={
                'verbose_name': 'credit note line',
                'verbose_name_plural': 'credit note lines',
                'db_table': 'billing_credit_note_line',
            },
        ),
        migrations.RemoveConstraint(
            model_name='payment',
            name='billing_payment_direction_fits',
        ),
        migrations.RemoveConstraint(
            model_name='settlement',
            name='billing_settlement_source_fits',
        ),
        migrations.RemoveIndex(
            model_name='settlement',
            name='billing_settlement_credit_note',
        ),
        migrations.RemoveField(
            model_name='payment',
            name='refund_of_credit_note_id',
        ),
        migrations.RemoveField(
            model_name='settlement',
            name='credit_note_id',
        ),
        migrations.AlterField(
            model_name='issueddocument',
            name='invoice',
            field=models.ForeignKey(blank=True, db_index=False, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='documents', to='billing.invoice', verbose_name='invoice'),
        ),
        migrations.AddField(
            model_name='creditnote',
            name='created_by',
            field=models.ForeignKey(blank=True, db_index=False, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL, verbose_name='created by'),
        ),
        migrations.AddField(
            model_name='creditnote',
            name='customer',
            field=models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='credit_notes', to='parties.party', verbose_name='customer'),
        ),
        migrations.AddField(
            model_name='creditnote',
            name='invoice',
            field=models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='credit_notes', to='billing.invoice', verbose_name='invoice'),
        ),
        migrations.AddField(
            model_name='issueddocument',
            name='credit_note',
            field=models.ForeignKey(blank=True, db_index=False, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='documents', to='billing.creditnote', verbose_name='credit note'),
        ),
        migrations.AddField(
            model_name='payment',
            name='refund_of_credit_note',
            field=models.ForeignKey(blank=True, db_index=False, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='refunds', to='billing.creditnote', verbose_name='refund of credit note'),
        ),
        migrations.AddField(
            model_name='settlement',
            name='credit_note',
            field=models.ForeignKey(blank=True, db_index=False, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='settlements', to='billing.creditnote', verbose_name='credit note'),
        ),
        migrations.AddIndex(
            model_name='settlement',
            index=models.Index(models.F('credit_note'), models.F('id'), condition=models.Q(('credit_note__isnull', False)), name='billing_settlement_credit_note'),
        ),
        migrations.AddConstraint(
            model_name='issueddocument',
            constraint=models.UniqueConstraint(fields=('credit_note', 'contents'), name='billing_issued_document_of_credit_note_unique', violation_error_message='This document is already on file.'),
        ),
        migrations.AddConstraint(
            model_name='issueddocument',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('credit_note', None), ('invoice__isnull', False)), models.Q(('credit_note__isnull', False), ('invoice', None)), _connector='OR'), name='billing_issued_document_of_one', violation_error_message='A stored PDF belongs to exactly one document.'),
        ),
        migrations.AddConstraint(
            model_name='payment',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(models.Q(('refund_of_credit_note', None), ('refund_of_payment', None)), ('direction', 'in')), models.Q(models.Q(models.Q(('refund_of_credit_note', None), ('refund_of_payment__isnull', False)), models.Q(('refund_of_credit_note__isnull', False), ('refund_of_payment', None)), _connector='OR'), ('allocated', 0), ('direction', 'out'), ('refunded', 0)), _connector='OR'), name='billing_payment_direction_fits', violation_error_message='A refund pays back exactly one payment or credit note.'),
        ),
        migrations.AddConstraint(
            model_name='settlement',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('credit_note', None), ('kind', 'payment'), ('payment__isnull', False), ('reason', None), ('tax__isnull', True)), models.Q(('credit_note__isnull', False), ('kind', 'credit_note'), ('payment', None), ('reason', None), ('tax__isnull', True)), models.Q(('credit_note', None), ('kind', 'write_off'), ('payment', None), ('reason__isnull', False), ('tax__isnull', False)), _connector='OR'), name='billing_settlement_source_fits', violation_error_message='A settlement names exactly one payment, credit note or reason.'),
        ),
        migrations.AddField(
            model_name='creditnoteline',
            name='credit_note',
            field=models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='lines', to='billing.creditnote', verbose_name='credit note'),
        ),
        migrations.AddField(
            model_name='creditnoteline',
            name='invoice_line',
            field=models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='credit_note_lines', to='billing.invoiceline', verbose_name='invoice line'),
        ),
        migrations.AddField(
            model_name='creditnoteline',
            name='restock_movement',
            field=models.OneToOneField(blank=True, editable=False, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='inventory.movement', verbose_name='restocking receipt'),
        ),
        migrations.AddField(
            model_name='creditnoteline',
            name='restock_warehouse',
            field=models.ForeignKey(blank=True, db_index=False, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='inventory.warehouse', verbose_name='restock in warehouse'),
        ),
        migrations.AddIndex(
            model_name='creditnote',
            index=models.Index(models.F('status'), models.F('id'), name='billing_credit_note_status'),
        ),
        migrations.AddIndex(
            model_name='creditnote',
            index=models.Index(models.F('customer'), models.F('id'), name='billing_credit_note_customer'),
        ),
        migrations.AddIndex(
            model_name='creditnote',
            index=models.Index(models.F('number_key'), models.F('id'), name='billing_credit_note_number'),
        ),
        migrations.AddIndex(
            model_name='creditnote',
            index=models.Index(models.F('total'), models.F('id'), name='billing_credit_note_total'),
        ),
        migrations.AddIndex(
            model_name='creditnote',
            index=models.Index(models.F('created_at'), models.F('id'), name='billing_credit_note_created_at'),
        ),
        migrations.AddIndex(
            model_name='creditnote',
            index=django.contrib.postgres.indexes.GinIndex(django.contrib.postgres.indexes.OpClass('search_text', name='gin_trgm_ops'), name='billing_credit_note_search'),
        ),
        migrations.AddIndex(
            model_name='creditnote',
            index=models.Index(models.F('invoice'), models.F('id'), name='billing_credit_note_invoice'),
        ),
        migrations.AddIndex(
            model_name='creditnote',
            index=models.Index(models.F('currency'), models.F('id'), name='billing_credit_note_currency'),
        ),
        migrations.AddIndex(
            model_name='creditnote',
            index=models.Index(models.F('issue_date'), models.F('id'), name='billing_credit_note_issue_date'),
        ),
        migrations.AddIndex(
            model_name='creditnote',
            index=models.Index(models.F('customer'), models.F('id'), condition=models.Q(('status', 'sent'), ('total__gt', django.db.models.expressions.CombinedExpression(models.F('allocated'), '+', models.F('refunded')))), name='billing_credit_note_on_account'),
        ),
        migrations.AddConstraint(
            model_name='creditnote',
            constraint=models.UniqueConstraint(fields=('number',), name='billing_credit_note_number_unique', violation_error_code='number', violation_error_message='Another document already has this number.'),
        ),
        migrations.AddConstraint(
            model_name='creditnote',
            constraint=models.CheckConstraint(condition=models.Q(('total', django.db.models.expressions.CombinedExpression(models.F('subtotal'), '+', models.F('tax_total')))), name='billing_credit_note_total_is_sum', violation_error_message='The total must be the subtotal plus the tax.'),
        ),
        migrations.AddConstraint(
            model_name='creditnote',
            constraint=models.CheckConstraint(condition=models.Q(('subtotal__gte', 0), ('tax_total__gte', 0)), name='billing_credit_note_positive', violation_error_message='The totals must not be negative.'),
        ),
        migrations.AddConstraint(
            model_name='creditnote',
            constraint=models.CheckConstraint(condition=models.Q(('currency__regex', '^[A-Z]{3}$')), name='billing_credit_note_currency_form', violation_error_code='currency', violation_error_message='Must be a currency code of three capital letters.'),
        ),
        migrations.AddConstraint(
            model_name='creditnote',
            constraint=models.CheckConstraint(condition=models.Q(('status__in', ['draft', 'sent'])), name='billing_credit_note_status_known', violation_error_code='status', violation_error_message='Is not one of the values to choose from.'),
        ),
        migrations.AddConstraint(
            model_name='creditnote',
            constraint=models.CheckConstraint(condition=models.Q(('reason', None), models.Q(('reason', ''), _negated=True), _connector='OR'), name='billing_credit_note_reason_present', violation_error_code='reason', violation_error_message='Must not be empty.'),
        ),
        migrations.AddConstraint(
            model_name='creditnote',
            constraint=models.CheckConstraint(condition=models.Q(('allocated__gte', 0), ('refunded__gte', 0), ('total__gte', django.db.models.expressions.CombinedExpression(models.F('allocated'), '+', models.F('refunded')))), name='billing_credit_note_used_within_total', violation_error_message="What is allocated and refunded must not exceed the credit note's total."),
        ),
        migrations.AddConstraint(
            model_name='creditnote',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('allocated', 0), ('buyer__isnull', True), ('number', None), ('refunded', 0), ('seller__isnull', True), ('sent_at', None), ('status', 'draft')), models.Q(('buyer__isnull', False), ('number__isnull', False), ('seller__isnull', False), ('sent_at__isnull', False), ('status', 'sent')), _connector='OR'), name='billing_credit_note_status_fits', violation_error_message='The number and the dates of the credit note do not fit its status.'),
        ),
        migrations.AddIndex(
            model_name='creditnoteline',
            index=models.Index(models.F('invoice_line'), name='billing_credit_note_line_of'),
        ),
        migrations.AddConstraint(
            model_name='creditnoteline',
            constraint=models.UniqueConstraint(fields=('credit_note', 'position'), name='billing_credit_note_line_position_unique', violation_error_message='Two lines cannot have the same position.'),
        ),
        migrations.AddConstraint(
            model_name='creditnoteline',
            constraint=models.CheckConstraint(condition=models.Q(('description', ''), _negated=True), name='billing_credit_note_line_description_present', violation_error_code='description', violation_error_message='Must not be empty.'),
        ),
        migrations.AddConstraint(
            model_name='creditnoteline',
            constraint=models.CheckConstraint(condition=models.Q(('position__gte', 1)), name='billing_credit_note_line_position_positive', violation_error_message='Positions begin at 1.'),
        ),
        migrations.AddConstraint(
            model_name='creditnoteline',
            constraint=models.CheckConstraint(condition=models.Q(('quantity__gt', 0)), name='billing_credit_note_line_quantity_positive', violation_error_code='quantity', violation_error_message='Must be over 0.'),
        ),
        migrations.AddConstraint(
            model_name='creditnoteline',
            constraint=models.CheckConstraint(condition=models.Q(('tax_rate__gte', 0), ('tax_rate__lte', 100)), name='billing_credit_note_line_tax_rate_bounds', violation_error_code='tax_rate', violation_error_message='Must be from 0 to 100.'),
        ),
        migrations.AddConstraint(
            model_name='creditnoteline',
            constraint=models.CheckConstraint(condition=models.Q(('total', django.db.models.expressions.CombinedExpression(models.Func(django.db.models.expressions.CombinedExpression(django.db.models.functions.comparison.Coalesce('quantity', 1), '*', models.F('unit_price')), function='round', output_field=models.DecimalField()), '-', models.F('discount')))), name='billing_credit_note_line_total_fits', violation_error_message='The total of a line must be its quantity times its price, minus the discount.'),
        ),
        migrations.AddConstraint(
            model_name='creditnoteline',
            constraint=models.UniqueConstraint(fields=('credit_note', 'invoice_line'), name='billing_credit_note_line_once', violation_error_message='A credit note can only have one line for each line of its invoice.'),
        ),
        migrations.AddConstraint(
            model_name='creditnoteline',
            constraint=models.CheckConstraint(condition=models.Q(('total__gte', 0), ('unit_price__gte', 0)), name='billing_credit_note_line_positive', violation_error_message='Price and total must not be negative.'),
        ),
        migrations.AddConstraint(
            model_name='creditnoteline',
            constraint=models.CheckConstraint(condition=models.Q(('quantity__isnull', False), models.Q(('discount', 0), ('total__gt', 0)), _connector='OR'), name='billing_credit_note_line_amount_alone', violation_error_message='A line without a quantity has an amount over 0 and no discount.'),
        ),
        migrations.AddConstraint(
            model_name='creditnoteline',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('restock_movement', None), ('restock_warehouse', None)), models.Q(('quantity__isnull', False), ('restock_warehouse__isnull', False)), _connector='OR'), name='billing_credit_note_line_restocks_quantity', violation_error_code='restock_warehouse_id', violation_error_message='Only a quantity can be taken back into stock.'),
        ),
        run_sql(__file__),
        migrations.RunSQL(
            "SELECT core_begin_counting('billing_credit_note')", "SELECT core_stop_counting('billing_credit_note')"
        ),
    ]
